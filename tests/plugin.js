// What Obsidian_to_Anki's patterns give for some files: read from the settings of a vault, run by a real JavaScript
// engine. In: {data, files: [{path, text}]}. Out: an array of {path, id, deck, tags, fields}, in the plugin's order.
const input = JSON.parse(require("fs").readFileSync(0, "utf8"));
const { settings } = input.data;
const words = settings.Syntax;
const literal = (word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

const hidden = [
  new RegExp(`^${literal(words["Begin Note"])}\\n[\\s\\S]*?\\n${literal(words["End Note"])}`, "gm"),
  new RegExp(`${literal(words["Begin Inline Note"])}.*?${literal(words["End Inline Note"])}`, "g"),
  /(?<!\$)\$(?=\S)(?=[^$])[\s\S]*?\S\$/g,
  /\$\$[\s\S]*?\$\$/g,
  /(?<!`)`(?=[^`])[\s\S]*?`/g,
  /```[\s\S]*?```/g,
];

function keyword(text, word) {
  const match = new RegExp(`^${literal(word)}(?:\\n|: )(.*)`, "m").exec(text);
  return match ? { value: match[1], span: [match.index, match.index + match[0].length] } : null;
}

function above(path, table) {
  const parts = path.split("/").slice(0, -1);
  return parts.map((_, at) => table[parts.slice(0, at + 1).join("/")] || "").filter(Boolean);
}

function read({ path, text }) {
  const deck = keyword(text, words["Target Deck Line"]);
  const tags = keyword(text, words["File Tags Line"]);
  const spans = [deck, tags].filter(Boolean).map((each) => each.span);
  for (const pattern of hidden) {
    for (const match of text.matchAll(pattern)) spans.push([match.index, match.index + match[0].length]);
  }
  const common = [settings.Defaults.Tag, ...(tags ? tags.value.split(" ") : []), ...above(path, settings.FOLDER_TAGS)];
  const home = deck ? deck.value : above(path, settings.FOLDER_DECKS).pop() || settings.Defaults.Deck;
  const notes = [];
  for (const [type, pattern] of Object.entries(settings.CUSTOM_REGEXPS)) {
    if (!pattern) continue;
    for (const [tagged, identified] of [[1, 1], [0, 1], [1, 0], [0, 0]]) {
      const tail = (tagged ? "(Tags: .*)" : "") + (identified ? "\\n?(?:<!--)?(?:ID: (\\d+).*)" : "");
      for (const match of text.matchAll(new RegExp(pattern + tail, "gm"))) {
        const span = [match.index, match.index + match[0].length];
        if (spans.some(([start, end]) => span[0] >= start - 1 && span[1] <= end + 1)) continue;
        spans.push(span);
        const groups = match.slice(1);
        const id = identified ? Number(groups.pop()) : null;
        const own = tagged ? groups.pop().slice("Tags: ".length).split(" ") : [];
        notes.push({ path, type, id, deck: home, tags: [...common, ...own], fields: groups.map((each) => each.trim()) });
      }
    }
  }
  return notes;
}

process.stdout.write(JSON.stringify(input.files.flatMap(read)));
