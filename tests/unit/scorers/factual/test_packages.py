"""Which packages a text tells to install or import."""

from __future__ import annotations

import time

import pytest

from llmeval.scorers.factual.packages import packages_in, plain_npm, plain_pypi


def names(text: str) -> list[str]:
    for found in packages_in(text):
        assert text[slice(*found.span)]
    return [f"{found.kind}:{found.value}" for found in packages_in(text)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("pip install requests", ["pypi:requests"]),
        ("$ python -m pip install -U Flask_Login>=0.6 numpy", ["pypi:flask-login", "pypi:numpy"]),
        ("```sh\npip install 'httpx[http2]' rich  # The client\n```", ["pypi:httpx", "pypi:rich"]),
        ("!pip install -q torch==2.1 -r requirements.txt", ["pypi:torch"]),
        ("uv add polars && uv pip install ruff", ["pypi:polars", "pypi:ruff"]),
        ("poetry add pydantic@^2", ["pypi:pydantic"]),
        ("pip install -e . && pip install ./local https://a.org/x.whl", []),
        ("npm install --save-dev @types/node left-pad@1.3.0", ["npm:@types/node", "npm:left-pad"]),
        ("yarn add react; npx create-next-app my-app", ["npm:react", "npm:create-next-app"]),
        ("You can `pip install foo bar` first.", ["pypi:foo", "pypi:bar"]),
        ("Use pip install pandas first, it helps.", ["pypi:pandas"]),
        ("pip install pandas and then restart the kernel", ["pypi:pandas"]),
        ("With pip install the package is there.", []),
    ],
)
def test_commands(text: str, found: list[str]) -> None:
    assert names(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("import numpy as np, pandas", ["pypi:numpy", "pypi:pandas"]),
        ("import os, sys\nfrom json import loads", []),
        (">>> from sklearn.svm import SVC", ["pypi:sklearn"]),
        ("from . import x\nfrom .y import z", []),
        ("import the data and plot it", []),
        ("const x = require('fast-csv/parse');", ["npm:fast-csv"]),
        ("import React, { useState } from 'react';", ["npm:react"]),
        ("import 'node:fs'; import x from './own'; require('fs')", []),
        ('import b from "@scope/pkg/sub"', ["npm:@scope/pkg"]),
        ("import y from '@/components/y'", []),
    ],
)
def test_imports(text: str, found: list[str]) -> None:
    assert names(text) == found


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("import yaml", "pyyaml"),
        ("from PIL import Image", "pillow"),
        ("from google.cloud import storage", "google-cloud-storage"),
        ("from google import genai", "google-genai"),
        ("import cv2", "opencv-python"),
    ],
)
def test_a_module_may_be_installed_under_another_name(text: str, other: str) -> None:
    (found,) = packages_in(text)
    assert other in found.names


def test_each_package_counts_once() -> None:
    assert names("pip install attrs\nimport attrs\nimport attrs") == ["pypi:attrs"]


def test_names_are_compared_as_the_registries_compare_them() -> None:
    assert plain_pypi("Zope.Interface__x") == "zope-interface-x"
    assert plain_npm("@Babel/core@7/lib") == "@babel/core"


@pytest.mark.parametrize(
    "text",
    [
        "pip install " + "a" * 200_000,
        "pip install " + "a, " * 60_000,
        "npx" + " -x" * 60_000,
        "import " + "a," * 90_000 + "!",
        "import a" + " " * 200_000 + "!",
        "import " * 28_000,
        "pip install x\n" * 14_000,
        "from a import\n" * 14_000,
    ],
)
def test_no_text_takes_long(text: str) -> None:
    started = time.process_time()
    packages_in(text)
    assert time.process_time() - started < 2
