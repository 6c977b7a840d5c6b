"""The ways to an Anki, each of which does what `ankisync.push.held.Anki` says."""
