#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# Every fact that "vainfo -a" prints is in vawrap-info's JSON: the version, the driver, each profile with
# its entry point in the same order, each attribute with each of its values. A line that is not
# understood is a failure.
#
#   vainfo-compare.py VAINFO.TXT VAWRAP-INFO.JSON

import json
import re
import sys

# How vainfo begins the values of an attribute, where it is no number.
PREFIXES = {
    'RTFormat': 'VA_RT_FORMAT_', 'RateControl': 'VA_RC_', 'DecSliceMode': 'VA_DEC_SLICE_MODE_',
    'DecJPEG': 'VA_ROTATION_', 'DecProcessing': 'VA_DEC_', 'EncPackedHeaders': 'VA_ENC_PACKED_HEADER_',
    'EncInterlaced': 'VA_ENC_INTERLACED_', 'EncSliceStructure': 'VA_ENC_SLICE_STRUCTURE_',
    'EncQuantization': 'VA_ENC_QUANTIZATION_', 'EncIntraRefresh': 'VA_ENC_INTRA_REFRESH_',
    'ProcessingRate': 'VA_PROCESSING_RATE_', 'PredictionDirection': 'VA_PREDICTION_DIRECTION_',
}
# Deprecated names, which stand for the same bit.
SYNONYMS = {'YUV420_10BPP': 'YUV420_10', 'RGB32_10BPP': 'RGB32_10'}


def parse(text):
    """(version, vendor, [[profile, entry point, {attribute: [values]}], ...])"""
    version = vendor = None
    pairs, values = [], None
    for line in text.splitlines():
        if m := re.match(r'vainfo: VA-API version: (\d+\.\d+)', line):
            version = m[1]
        elif m := re.match(r'vainfo: Driver version: (.*)', line):
            vendor = m[1]
        elif m := re.match(r'(?:VAProfile(\w+)|<unknown profile>)/VAEntrypoint(\w+)$', line):
            pairs.append([m[1], m[2], {}])
        elif m := re.match(r'\s+VAConfigAttrib(\w+)\s*: (.*)$', line):
            values = pairs[-1][2].setdefault(m[1], [])
            values.append(m[2].strip())
        elif pairs and values is not None and re.match(r'\s{20,}\S', line):
            values.append(line.strip())
        elif line.strip() and not re.match(r'(libva info|vainfo: Supported|Trying display)', line):
            raise ValueError(f'vainfo says what is not understood: {line}')
    return version, vendor, pairs


def word(attribute, value):
    value = value.removeprefix(PREFIXES.get(attribute, ''))
    return SYNONYMS.get(value, value)


def compare(text, display):
    version, vendor, pairs = parse(text)
    if version != display['va_api']:
        yield f'VA-API {version}, not {display["va_api"]}'
    if vendor != display['vendor']:
        yield f'driver {vendor}, not {display["vendor"]}'
    ours = [(profile['name'], entry) for profile in display['profiles']
            for entry in profile['entrypoints']]
    if len(ours) != len(pairs):
        yield f'{len(pairs)} pairs of profile and entry point, not {len(ours)}'
    for (profile, entrypoint, attributes), (name, entry) in zip(pairs, ours):
        if profile not in (None, name) or entrypoint != entry['name']:
            yield f'{profile}/{entrypoint}, not {name}/{entry["name"]}'
        known = {one['name']: one['words'] for one in entry['attributes']}
        for attribute, values in attributes.items():
            for value in values:
                if word(attribute, value) not in known.get(attribute, []):
                    yield f'{name}/{entrypoint}: {attribute}: {value} is not in {known.get(attribute)}'


def main(vainfo, ours):
    with open(vainfo, encoding='utf-8') as f:
        text = f.read()
    with open(ours, encoding='utf-8') as f:
        display = json.load(f)['displays'][0]
    found = list(compare(text, display))
    facts = sum(len(values) for pair in parse(text)[2] for values in pair[2].values())
    for line in found:
        print(line)
    print(f'{facts} values compared')
    return 1 if found or facts < 10 else 0


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
