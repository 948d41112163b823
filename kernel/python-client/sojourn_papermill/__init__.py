"""Papermill's parameters in TypeScript: `papermill in.ipynb out.ipynb -p rate 2` writes `let rate = 2;` below the cell tagged `parameters`.

Papermill knows translators for some languages and loads more from nowhere, but it loads engines that packages name before it looks
for a translator. So this package names one, which runs notebooks as papermill's own does, and registers the translator
for the language as it is loaded. Needs papermill, which brings it in, and nothing else of Sojourn.
"""

import json
import math
import re

from papermill.engines import NBClientEngine
from papermill.models import Parameter
from papermill.translators import Translator, papermill_translators

#: Whole numbers beyond it are no numbers of JavaScript; they become bigints.
SAFE_INTEGER = 2**53 - 1


class TypeScriptTranslator(Translator):
    @classmethod
    def translate_none(cls, val):
        return "null"

    @classmethod
    def translate_int(cls, val):
        return f"{val}n" if abs(val) > SAFE_INTEGER else f"{val}"

    @classmethod
    def translate_float(cls, val):
        if math.isnan(val):
            return "NaN"
        if math.isinf(val):
            return "Infinity" if val > 0 else "-Infinity"
        return repr(val)

    @classmethod
    def translate_str(cls, val):
        return json.dumps(val, ensure_ascii=False)

    @classmethod
    def translate_escaped_str(cls, val):
        """Whatever has no form of its own, dates for one, as its text."""
        return json.dumps(str(val), ensure_ascii=False)

    @classmethod
    def translate_list(cls, val):
        return "[" + ", ".join(cls.translate(one) for one in val) + "]"

    @classmethod
    def translate_dict(cls, val):
        return "{ " + ", ".join(f"{json.dumps(str(key))}: {cls.translate(one)}" for key, one in val.items()) + " }" if val else "{}"

    @classmethod
    def comment(cls, cmt_str):
        return f"// {cmt_str}"

    @classmethod
    def assign(cls, name, str_val):
        if not re.fullmatch(r"[A-Za-z_$][\w$]*", name):
            raise ValueError(f"Cannot inject the parameter {name!r}: it is no name of a variable in TypeScript.")
        return f"let {name} = {str_val};"

    #: `const rate: number = 2; // per year`, one to a line.
    DECLARATION = re.compile(
        r"^\s*(?:const|let|var)\s+(?P<name>[A-Za-z_$][\w$]*)\s*(?::\s*(?P<type>[^=]+?))?\s*=\s*(?P<value>.*?);?\s*(?://\s*(?P<help>.*))?$"
    )

    @classmethod
    def inspect(cls, parameters_cell):
        """What `papermill --help-notebook` lists."""
        found = (cls.DECLARATION.match(line) for line in parameters_cell["source"].splitlines())
        return [
            Parameter(
                name=one["name"],
                inferred_type_name=one["type"] or "None",
                default=one["value"],
                help=one["help"] or "",
            )
            for one in found
            if one
        ]


class SojournEngine(NBClientEngine):
    """Papermill's own engine under another name; that it is loaded is what matters."""


papermill_translators.register("typescript", TypeScriptTranslator)
