"""A deliberately naive implementation of every quantity on dense matrices with hundreds of digits.

It exists to make reference values and shares nothing with the engine: textbook formulas, differences of products,
matrix inverses, Taylor series. Cancellation is answered with digits: everything is computed twice, the second time
with twice the digits, and accepted when both agree (`adaptive.py`).
"""
