#!/bin/bash
# SPDX-License-Identifier: MIT
#
# vawrap-info: its whole output on the fake libva as text and as JSON, its facts on softva and all those
# of vainfo there, what it finds by trying on drivers with manners of their own, folding, colours, all
# nodes, its exit codes, its completion.
# shellcheck disable=SC2154 # top_srcdir and top_builddir come from the Makefile
set -u

# shellcheck source=tests/tap.sh
. "$top_srcdir/tests/tap.sh"
cd "$top_builddir" || exit 1
fake=tests/fake-vawrap-info
info=tools/vawrap-info

exits_with() { # status, command...
	local expected=$1 status
	shift
	"$@" >"$work/out" 2>"$work/err"
	status=$?
	[ "$status" -eq "$expected" ] || {
		echo "$* exited with $status, not $expected"
		cat "$work/out" "$work/err"
		return 1
	}
}

golden() {
	exits_with 0 "$fake" --driver fake || return 1
	[ ! -s "$work/err" ] || { cat "$work/err"; return 1; }
	sed 's/^va-api: 1\.[0-9]*$/va-api: 1.x/; s/of a dma-buf:/of a memfd:/' "$work/out" |
		diff -u "$top_srcdir/tests/vawrap-info.golden" -
}

golden_json() {
	exits_with 0 "$fake" --driver fake --json || return 1
	"${PYTHON3:-python3}" - "$work/out" "$top_srcdir/tests/vawrap-info.json" <<-'END'
		import json, sys
		ours, golden = (json.load(open(path, encoding='utf-8')) for path in sys.argv[1:])
		ours['displays'][0]['va_api'] = golden['displays'][0]['va_api']
		ours['displays'][0]['probes']['import']['memory'] = 'memfd'
		if ours != golden:
		    sys.exit('differs from the golden JSON')
	END
}

# Folded lines have the same words, and none is too wide.
folded() {
	exits_with 0 "$fake" --driver fake || return 1
	tr -s ' \n' '\n\n' <"$work/out" >"$work/words"
	exits_with 0 "$fake" --driver fake --width 40 || return 1
	tr -s ' \n' '\n\n' <"$work/out" | cmp - "$work/words" || return 1
	! grep -v '^ *\(decode\|encode\) no\|references\|standards\|display attribute\|filter ' "$work/out" |
		grep -E '^.{41}' && grep -qx '      vp8 vp9 av1' "$work/out"
}

colors() {
	exits_with 0 "$fake" --driver fake --color always && grep -q "$(printf '\033')" "$work/out" &&
		exits_with 0 "$fake" --driver fake && ! grep -q "$(printf '\033')" "$work/out"
}

# Nodes 128 and 140 open, 131 is a folder; 130 is not there.
all_nodes() {
	mkdir -p "$work/dri/renderD131" && ln -sf /dev/null "$work/dri/renderD128" &&
		ln -sf /dev/null "$work/dri/renderD140" || return 1
	exits_with 0 "$fake" --all --node-folder "$work/dri" || return 1
	cat "$work/out"
	[ "$(grep -c '^display: ' "$work/out")" = 3 ] && [ "$(grep -c '^driver: ' "$work/out")" = 2 ] &&
		grep -q '^error: .*renderD131: Is a directory' "$work/out" &&
		exits_with 0 "$fake" --all --node-folder "$work/dri" --json &&
		[ "$(grep -c '"va_api"' "$work/out")" = 2 ] && grep -q '"error": ".*Is a directory"' "$work/out"
}

no_node_works() {
	mkdir -p "$work/none/renderD128" && exits_with 3 "$fake" --all --node-folder "$work/none" &&
		grep -q 'no render node works' "$work/err" && grep -q '^error: ' "$work/out" &&
		exits_with 3 "$fake" --all --node-folder "$work" && grep -q 'there is no render node' "$work/err"
}

# Each long option of the help is completed, and nothing else.
completion() {
	# shellcheck disable=SC1091
	. "$top_srcdir/tools/vawrap-info.bash-completion"
	COMP_WORDS=(vawrap-info --) COMP_CWORD=1 COMPREPLY=()
	_vawrap_info
	printf '%s\n' "${COMPREPLY[@]}" | sort >"$work/completed"
	"$info" --help | grep -o -- '--[a-z-]*' | sort -u >"$work/options"
	diff -u "$work/options" "$work/completed"
}

vainfo_facts() {
	LIBVA_DRIVERS_PATH=$PWD/soft-driver/.libs LD_PRELOAD=$PWD/tests/.libs/preload-display.so \
		vainfo -a --display drm --device /dev/null >"$work/vainfo" 2>&1 || return 1
	"$info" -a --driver softva --json >"$work/softva.json" || return 1
	"${PYTHON3:-python3}" "$top_srcdir/tests/vainfo-compare.py" "$work/vainfo" "$work/softva.json" || return 1
	# A fact that is missing is seen.
	sed 's/"YUV420"/"YUV4"/' "$work/softva.json" >"$work/wrong.json"
	! "${PYTHON3:-python3}" "$top_srcdir/tests/vainfo-compare.py" "$work/vainfo" "$work/wrong.json"
}

device() {
	exits_with 0 "$fake" --device /dev/null && grep -qx 'display: /dev/null' "$work/out"
}

says() { # status, pattern on stderr, command...
	local expected=$1 pattern=$2
	shift 2
	exits_with "$expected" "$@" && grep -q -- "$pattern" "$work/err" && [ ! -s "$work/out" ]
}

softva() {
	exits_with 0 "$info" --driver softva || return 1
	cat "$work/out"
	[ ! -s "$work/err" ] || { cat "$work/err"; return 1; }
	grep -qx 'display: no device' "$work/out" &&
		grep -q '^driver: .*softva' "$work/out" &&
		grep -q '^image formats:.* NV12' "$work/out" &&
		[ "$(grep -cx 'profile H264\(ConstrainedBaseline\|Main\|High\)' "$work/out")" = 3 ] &&
		grep -qx '  VLD' "$work/out" &&
		grep -q '^    RTFormat: YUV420' "$work/out" &&
		grep -q '^    surface formats:.* NV12' "$work/out" &&
		grep -q '^    surface sizes: [0-9]*x[0-9]* to [0-9]*x[0-9]*$' "$work/out"
}

# What a trial shows on softva with quirks: each line that is given is there, word for word.
tried() { # LIKE QUIRKS LINE...
	local like=$1 quirks=$2 line
	shift 2
	env ${like:+SOFTVA_LIKE="$like"} ${quirks:+SOFTVA_QUIRKS="$quirks"} "$info" --driver softva \
		--probe-seconds 600 >"$work/out" 2>"$work/err" || return 1
	# The kernel may have made a dma-buf.
	sed -i 's/of a dma-buf:/of a memfd:/' "$work/out"
	sed -n '/^tried$/,/^offered/p' "$work/out"
	[ ! -s "$work/err" ] || { cat "$work/err"; return 1; }
	for line; do
		grep -qxF "  $line" "$work/out" || { echo "no line: $line"; return 1; }
	done
}

# The same facts as JSON, of the driver that has the most to explain.
tried_json() {
	SOFTVA_LIKE=nvidia exits_with 0 "$info" --driver softva --probe-seconds 600 --json || return 1
	"${PYTHON3:-python3}" - "$work/out" <<-'END'
		import json, sys
		probes = json.load(open(sys.argv[1], encoding='utf-8'))['displays'][0]['probes']
		readout, sync, import_, export = (probes[key] for key in ('readout', 'sync', 'import', 'export'))
		good = (readout == {'way': 'vaGetImage', 'driver_transfers': 1, 'copies': 1,
		                    'reason': 'no image is derived'} and
		        sync == {'way': 'vaSyncSurface', 'timeouts': False} and
		        not import_['in_place']['works'] and not import_['copy']['works'] and
		        import_['copy']['reason'] and not export['composed']['works'] and
		        export['separate']['works'] and export['separate']['linear'] and
		        not probes['upload']['works'] and probes['codec'] == 'h264')
		sys.exit(0 if good else f'other probes: {probes}')
	END
}

# A driver that hangs costs the trial, and nothing that was known before.
hangs() {
	mkfifo "$work/gate" && exec 7<>"$work/gate" || return 1
	SOFTVA_GATE=$work/gate SOFTVA_QUIRKS=sync=hang exits_with 4 "$info" --driver softva --probe-seconds 1
	local status=$?
	exec 7>&-
	[ $status -eq 0 ] && grep -q 'does not come back' "$work/err" &&
		grep -qx '  failed: the driver does not come back' "$work/out" &&
		grep -qx 'profile HEVCMain' "$work/out" && grep -q '^  decode h264: yes' "$work/out"
}

# An encoder is none of what is decoded, even if its profile has nothing else.
encoders() {
	SOFTVA_QUIRKS=enc=lp-only,no-packed exits_with 0 "$info" --driver softva || return 1
	cat "$work/out"
	[ "$(grep -c '^  EncSliceLP$' "$work/out")" = 5 ] && ! grep -qx '  EncSlice' "$work/out" &&
		[ "$(grep -cx '    EncPackedHeaders: none' "$work/out")" = 5 ] &&
		sed -n '/^profile HEVCSccMain$/,/^[a-z]* /p' "$work/out" | grep -qx '  EncSliceLP' &&
		! grep '^    profiles:.*Scc' "$work/out" &&
		grep -qx '  encode no, the driver encodes it, this project does not: h264 hevc' "$work/out"
}

nothing_is_tried() {
	exits_with 0 "$info" --driver softva --probe-seconds 0 && ! grep -qx tried "$work/out" &&
		exits_with 0 "$info" --driver softva --probe-seconds 0 --json && grep -q '"probes": null' "$work/out"
}

path() {
	exits_with 0 "$info" --driver soft-driver/.libs/softva_drv_video.so && cmp "$work/out" "$work/softva"
}

check 'the whole output on the fake' golden
if command -v "${PYTHON3:-python3}" >/dev/null 2>&1 || [ "${CI:-}" = true ]; then
	check 'the whole JSON on the fake' golden_json
else
	skip 'the whole JSON on the fake' 'python3 is not installed'
fi
check 'lines are folded' folded
check 'colours' colors
check 'all render nodes' all_nodes
check 'no render node works' no_node_works
check 'a device by path' device
check 'completion' completion
check 'a width that is none' says 1 'is not 0 or' "$info" --width 7
check 'a colour that is none' says 1 'auto, always or never' "$info" --color red
check 'a time that is none' says 1 'is not 0 to' "$info" --probe-seconds -1
check 'all and one' says 1 'exclude each other' "$info" --all --device /dev/null
check '--help' exits_with 0 "$info" --help
check '--version' exits_with 0 "$info" --version
check 'an unknown option' says 1 'unrecognized option' "$info" --nonsense
check 'an argument' says 1 'no arguments' "$info" file
check 'a missing device' says 3 'No such file' "$info" --device /nowhere/node
check 'a missing driver' says 3 'no display' "$info" --driver nonesuch
check 'a full disk' exits_with 1 sh -c "'$fake' --driver fake >/dev/full"
if [ ! -f soft-driver/softva_drv_video.la ]; then
	skip 'softva by name' 'configured with --disable-softva'
	skip 'softva by path' 'configured with --disable-softva'
	skip "vainfo's facts" 'configured with --disable-softva'
	skip 'what is tried' 'configured with --disable-softva'
else
	derived='read-out: derived image, 0 driver transfers + 1 copy'
	image='read-out: vaGetImage, 1 driver transfer + 1 copy'
	linear='export: composed layers, linear; separate layers, linear'
	put='upload: vaPutImage'
	none='not decoded in place (no picture is decoded into it)'
	nothing='the driver says success, and nothing arrives'
	check 'tried: softva' tried '' '' "$derived" "$linear" "$put" 'sync: vaSyncSurface2' \
		'import of a memfd: decoded in place; copied by the driver'
	check 'tried: like ihd' tried ihd '' "$image (derived images take long to read)" "$put" \
		"import of a memfd: $none; copied by the driver" 'sync: vaSyncSurface2' \
		'export: composed layers, not linear; separate layers, not linear'
	check 'tried: like radeonsi' tried radeonsi '' "$image (no image is derived)" "$put" "$linear" \
		'import of a memfd: decoded in place; copied by the driver' 'sync: vaSyncSurface2'
	check 'tried: like nvidia' tried nvidia '' "$image (no image is derived)" "upload: not vaPutImage ($nothing)" \
		"import of a memfd: $none; not copied by the driver ($nothing)" 'sync: vaSyncSurface, no timeouts' \
		"export: not composed layers (vaExportSurfaceHandle: VA_STATUS_ERROR_INVALID_SURFACE (0x6)); separate layers, linear"
	check 'tried: derive=fail' tried '' derive=fail "$image (no image is derived)"
	check 'tried: derive=tiled' tried '' derive=tiled "$image (derived images show other samples)"
	check 'tried: derive=slow' tried '' derive=slow "$image (derived images take long to read)"
	check 'tried: import=tiled' tried '' import=tiled "import of a memfd: $none; not copied by the driver ($nothing)"
	check 'tried: import=none' tried '' import=none "import of a memfd: not decoded in place (vaCreateSurfaces: VA_STATUS_ERROR_UNSUPPORTED_MEMORY_TYPE (0x24)); not copied by the driver (vaCreateSurfaces: VA_STATUS_ERROR_UNSUPPORTED_MEMORY_TYPE (0x24))"
	check 'tried: import=vpp-only' tried '' import=vpp-only "import of a memfd: $none; copied by the driver"
	check 'tried: no-sync2' tried '' no-sync2 'sync: vaQuerySurfaceStatus'
	check 'tried: no-sync2, no-status' tried '' no-sync2,no-status 'sync: vaSyncSurface, no timeouts'
	check 'tried: putimage=noop' tried '' putimage=noop "upload: not vaPutImage ($nothing)"
	check 'tried: sync=busy' tried '' sync=busy "$derived"
	check 'a driver that hangs' hangs
	check 'nothing is tried' nothing_is_tried
	check 'encoders' encoders
	if command -v "${PYTHON3:-python3}" >/dev/null 2>&1; then
		check 'tried, as JSON' tried_json
	else
		skip 'tried, as JSON' 'python3 is not installed'
	fi
	check 'softva by name' softva
	"$info" --driver softva >"$work/softva" 2>&1
	check 'softva by path' path
	if [ "${SANITIZERS:-no}" != no ]; then
		skip "vainfo's facts" "a sanitizer's runtime cannot be loaded behind vainfo's back"
	elif [ "${CI:-}" != true ] && { ! command -v vainfo || ! command -v "${PYTHON3:-python3}"; } >/dev/null 2>&1; then
		skip "vainfo's facts" 'vainfo or python3 is not installed'
	else
		check "vainfo's facts" vainfo_facts
	fi
fi
plan
