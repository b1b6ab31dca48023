#!/usr/bin/env python3
"""Prints the coefficients of erf in src/cpu/math/{f32,f64}.rs.

    python3 -m venv venv && venv/bin/pip install mpmath && venv/bin/python erf_coefficients.py

Two polynomials, each the least-squares fit at Chebyshev points (within a factor of two of the best possible):
  |x| <= 1   erf(x)  = x + x * p(x^2)           weight: relative error of erf
  x  >  1    erfc(x) = exp(-x * q(x - 1))       weight: what an error of the exponent does to erf = 1 - erfc
"""

from mpmath import mp, mpf, matrix, lu_solve, cos, pi, erf, erfc, log

mp.dps = 60


def fit(function, weight, low, high, degree):
    """The polynomial of this degree that minimises the weighted squares at Chebyshev points."""
    count = 6 * (degree + 1)
    points = [(low + high) / 2 + (high - low) / 2 * cos(pi * (i + mpf(1) / 2) / count) for i in range(count)]
    rows = matrix(count, degree + 1)
    values = matrix(count, 1)
    for i, x in enumerate(points):
        for k in range(degree + 1):
            rows[i, k] = weight(x) * x**k
        values[i] = weight(x) * function(x)
    coefficients = lu_solve(rows, values)
    error = max(abs((rows * coefficients - values)[i]) for i in range(count))
    return list(coefficients), error


def show(name, coefficients, error, decimals):
    print(f"// {name}: largest error {mp.nstr(error, 2)}")
    for c in coefficients:
        print(f"    {mp.nstr(c, decimals)},")


def small(x2):
    x = mp.sqrt(x2)
    return erf(x) / x - 1


for kind, small_degree, large_degree, high, decimals in (("f32", 6, 6, mpf(3), 10), ("f64", 11, 17, mpf(5), 19)):
    show(f"{kind} small", *fit(small, lambda x2: mp.sqrt(x2) / erf(mp.sqrt(x2)), mpf(0), mpf(1), small_degree), decimals)
    large = lambda u: -log(erfc(1 + u)) / (1 + u)
    show(f"{kind} large", *fit(large, lambda u: (1 + u) * erfc(1 + u), mpf(0), high, large_degree), decimals)
