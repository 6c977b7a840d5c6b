"""Classes of values as `dataclasses` makes them, with those of its options that we use. A type checker sees just it.

A hundred such classes take 50 ms less this way, a third of the imports of a build: nothing is compiled before the first
value of a class is made, and then `__init__` only; what `dataclasses` itself imports takes its time, too.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dataclasses import dataclass, field, fields, replace
else:
    from operator import attrgetter
    from typing import NamedTuple

    _MISSING = object()

    class _Field(NamedTuple):
        name: str = ""
        default: object = _MISSING
        default_factory: object = None
        compare: bool = True
        repr: bool = True

    field = _Field

    class _Fields:
        """Gives `dataclasses`, where a test or a tool uses that on a value, what it asks for."""

        def __get__(self, value, cls):
            from dataclasses import make_dataclass

            return make_dataclass(cls.__name__, [each.name for each in cls.fields_of_value]).__dataclass_fields__

    def dataclass(cls=None, /, *, frozen=False, slots=False):
        """See `dataclasses.dataclass`. No class inherits from one of these."""
        if cls is None:
            return lambda cls: dataclass(cls, frozen=frozen, slots=slots)
        space = {name: each for name, each in cls.__dict__.items() if name not in ("__dict__", "__weakref__")}
        if "__post_init__" in space:
            raise TypeError("a value is what it was given")
        known = tuple(_read(name, space.get(name, _MISSING)) for name in cls.__annotations__)
        for each in known:
            space.pop(each.name, None)
        if slots:
            space["__slots__"] = tuple(each.name for each in known)
        space |= _methods(known, frozen)
        made = type(cls)(cls.__name__, cls.__bases__, space)
        made.__qualname__ = cls.__qualname__
        made.__init__ = _first_init(made, known, frozen, slots)
        return made

    def _read(name, given):
        return given._replace(name=name) if isinstance(given, _Field) else _Field(name, given)

    def _methods(known, frozen):
        every, compared = _getter(known), _getter([each for each in known if each.compare])
        shown = [each.name for each in known if each.repr]

        def same(self, other):
            return compared(self) == compared(other) if other.__class__ is self.__class__ else NotImplemented

        def hashed(self):
            return hash(compared(self))

        def shown_as(self):
            inside = ", ".join([f"{name}={getattr(self, name)!r}" for name in shown])
            return f"{self.__class__.__qualname__}({inside})"

        def reduced(self):
            return self.__class__, every(self)

        def refused(self, name, value):
            raise AttributeError(f"cannot assign to field {name!r}")

        def kept(self, name):
            raise AttributeError(f"cannot delete field {name!r}")

        methods = {"__eq__": same, "__repr__": shown_as, "__reduce__": reduced, "__hash__": None}
        frozen_methods = {"__hash__": hashed, "__setattr__": refused, "__delattr__": kept}
        names = tuple(each.name for each in known)
        own = {"__match_args__": names, "__dataclass_fields__": _Fields(), "fields_of_value": known}
        return methods | (frozen_methods if frozen else {}) | own

    def _getter(known):
        """What gives the values of fields as a tuple."""
        names = [each.name for each in known]
        if len(names) > 1:
            return attrgetter(*names)
        return lambda value: tuple([getattr(value, name) for name in names])

    def _first_init(cls, known, frozen, slots):
        """An `__init__` that makes the class its own one."""

        def first(self, *args, **kwargs):
            cls.__init__ = _init(cls, known, frozen, slots)
            cls.__init__(self, *args, **kwargs)

        return first

    def _init(cls, known, frozen, slots):
        space = {"_missing": _MISSING, "_set": object.__setattr__}
        heads, lines = [], []
        for each in known:
            name, value = each.name, each.name
            if each.default_factory is not None:
                space[f"_make_{name}"] = each.default_factory
                head, value = f"{name}=_missing", f"_make_{name}() if {name} is _missing else {name}"
            elif each.default is not _MISSING:
                space[f"_default_{name}"] = each.default
                head = f"{name}=_default_{name}"
            else:
                head = name
            if frozen and slots:
                space[f"_set_{name}"] = getattr(cls, name).__set__
                lines.append(f"    _set_{name}(self, {value})")
            else:
                lines.append(f"    _set(self, {name!r}, {value})" if frozen else f"    self.{name} = {value}")
            heads.append(head)
        code = "\n".join([f"def __init__({', '.join(['self', *heads])}):", *(lines or ["    pass"])])
        exec(code, space)  # noqa: S102 - of the names of fields
        return space["__init__"]

    def fields(kind):
        """See `dataclasses.fields`."""
        return kind.fields_of_value

    def replace(value, /, **changes):
        """See `dataclasses.replace`."""
        given = {each.name: getattr(value, each.name) for each in value.fields_of_value}
        return value.__class__(**(given | changes))


__all__ = ["dataclass", "field", "fields", "replace"]
