"""Formulas over parameter names: + - * / ^, parentheses, exp log sqrt min max. Works for mpf and Fraction."""

import re
from fractions import Fraction

from mpmath import mp

TOKEN = re.compile(r"\s*(?:(\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+)|([A-Za-z_]\w*)|(.))")
FUNCTIONS = {"exp": mp.exp, "log": mp.log, "sqrt": mp.sqrt, "min": min, "max": max}


class NotRational(Exception):
    """The formula leaves the rational numbers."""


def evaluate(text, names, number):
    """The value of a formula; `names` maps parameter names to numbers, `number` makes one from a double."""
    tokens = [m.groups() for m in TOKEN.finditer(text) if m.group().strip()]
    return _Parser(tokens, names, number).whole()


class _Parser:
    def __init__(self, tokens, names, number):
        self.tokens, self.names, self.number, self.place = tokens, names, number, 0

    def whole(self):
        value = self.sum()
        if self.place != len(self.tokens):
            raise ValueError(f"unexpected {self.tokens[self.place]}")
        return value

    def peek(self):
        return self.tokens[self.place][2] if self.place < len(self.tokens) else None

    def take(self, symbol):
        if self.peek() != symbol:
            return False
        self.place += 1
        return True

    def need(self, symbol):
        if not self.take(symbol):
            raise ValueError(f"expected {symbol}")

    def sum(self):
        value = self.product()
        while self.peek() in ("+", "-"):
            value = value + self.product() if self.take("+") else (self.need("-"), value - self.product())[1]
        return value

    def product(self):
        value = self.signed()
        while self.peek() in ("*", "/"):
            value = value * self.signed() if self.take("*") else (self.need("/"), value / self.signed())[1]
        return value

    def signed(self):
        return -self.signed() if self.take("-") else self.power()

    def power(self):
        base = self.atom()
        if not self.take("^"):
            return base
        exponent = self.signed()
        if isinstance(exponent, Fraction):
            if exponent.denominator != 1:
                raise NotRational
            return base ** int(exponent)
        return base ** int(exponent) if exponent == int(exponent) else base**exponent

    def atom(self):
        digits, name, _ = self.tokens[self.place]
        if self.take("("):
            value = self.sum()
            self.need(")")
            return value
        self.place += 1
        if digits is not None:
            return self.number(float(digits))
        if name in FUNCTIONS:
            self.need("(")
            arguments = [self.sum()]
            while self.take(","):
                arguments.append(self.sum())
            self.need(")")
            if isinstance(arguments[0], Fraction) and name not in ("min", "max"):
                raise NotRational
            return FUNCTIONS[name](*arguments)
        return self.names[name]
