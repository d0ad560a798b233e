#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# Doxygen's view of a public header, whose documentation stands in plain comments: those before a
# declaration and those behind a member become Doxygen's, the one at the top the file's.

import re
import sys


def convert(text):
    text = re.sub(r'^/\* SPDX.*?\*/\n', '\n', text)
    text = re.sub(r'/\*\n \* ', '/** @file\n * ', text, count=1)
    text = re.sub(r'^(\s*)/\*(?= (?!----)|\n)', r'\1/**', text, flags=re.M)
    text = re.sub(r'(?<=[;,{])([ \t]*)/\* ', r'\1/**< ', text)
    # What Doxygen takes for markup.
    return re.sub(r'(?<!#include )<(va|sys)/([\w.]+)>', r'\1/\2', text)


with open(sys.argv[1], encoding='utf-8') as f:
    sys.stdout.write(convert(f.read()))
