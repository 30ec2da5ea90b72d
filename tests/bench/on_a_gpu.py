#!/usr/bin/env python3
"""Everything that should be measured on a real GPU, in one call after `cmake --build --preset release`:

  tests/bench/on_a_gpu.py --device NAME-PART --peer DIR --tools DIR --markdown OUT.md

First the tests of core and gpu on that machine; then, for each shape and type, a random model (make_model.py), where a
step's time goes and the device's read bandwidth (`cutaway-cli bench --ops`), and the speed beside llama.cpp in turns
(beside_llama_cpp.py, which says what --peer and --tools are). Models are made one at a time under --work and removed
again: llama-3.1-8b in F16 needs 16 GB of disk. Without --peer our own figures are taken alone.
"""
import argparse
import subprocess
import tempfile
from pathlib import Path

import beside_llama_cpp as beside
import make_model

TESTS = beside.ROOT / "build/release"


def run_tests():
    """"all N passed" or the names of those that failed; those of the window are left out."""
    programs = sorted(p for part in ("core", "gpu") for p in (TESTS / "tests" / part).rglob("test_*") if p.is_file() and p.suffix == "")
    programs = [p for p in programs if p.name != "test_gpu_speed" and p.stat().st_mode & 0o100]
    failed = [p.name for p in programs if subprocess.run([p], stdout=subprocess.DEVNULL, cwd=beside.ROOT).returncode != 0]
    return f"all {len(programs)} programs passed" if not failed else "FAILED: " + ", ".join(failed)


def ops(model, args):
    command = [str(beside.CLI), "bench", model, "--device", args.device, "--prompt", str(args.prompt), "--generate",
               str(args.generate), "--repeat", "1", "--ops", "--json"]
    return beside.run(command, {})["ops"]


def cheapest_launch(step):
    """Milliseconds of the kind of launch that takes least: about what an empty one costs."""
    return min((op["ms"] / op["launches"] for op in step["ops"] if op["launches"] > 0), default=0)


def ops_table(name, measured):
    step, bandwidth = measured["generate"], measured["read_gbps"]
    lines = [f"### {name}: one token", "",
             f"{step['ms']} ms, {step['device_ms']} ms of it on the device in {step['launches']} launches (cheapest "
             f"{cheapest_launch(step) * 1000:.1f} us each); the device reads {bandwidth} GB/s.", "",
             "| values | launches | ms | MiB | GB/s | of reads |", "| --- | ---: | ---: | ---: | ---: | ---: |"]
    for op in step["ops"]:
        share = f"{100 * op['gbps'] / bandwidth:.0f} %" if bandwidth else ""
        lines.append(f"| {op['op']} | {op['launches']} | {op['ms']} | {op['mib']} | {op['gbps']} | {share} |")
    return "\n".join(lines)


def measure_model(shape, kind, args):
    path = Path(args.work) / f"{shape}-{kind}.gguf"
    make_model.write_model(path, shape, kind)
    try:
        where = ops_table(path.stem, ops(str(path), args))
        return beside.measure([str(path)], args), where
    finally:
        path.unlink()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", required=True, help="part of the GPU's name in `cutaway-cli devices`")
    parser.add_argument("--peer")
    parser.add_argument("--tools")
    parser.add_argument("--shapes", nargs="+", default=["smollm2-135m", "llama-3.2-1b", "llama-3.1-8b"], choices=make_model.SHAPES)
    parser.add_argument("--types", nargs="+", default=["q4_0", "q8_0", "q4_k_m", "f16"])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--prompt", type=int, default=512)
    parser.add_argument("--generate", type=int, default=128)
    parser.add_argument("--work", default=tempfile.gettempdir())
    parser.add_argument("--no-tests", action="store_true")
    parser.add_argument("--markdown")
    args = parser.parse_args()
    args.vulkan_device, args.peer_vulkan_generate = args.device, args.generate
    args.only = ["Cutaway, Vulkan", "llama.cpp, Vulkan"] if args.peer else ["Cutaway, Vulkan"]

    parts = [f"{beside.machine()}; device {args.device}; {args.rounds} rounds in turns, medians."]
    if not args.no_tests:
        parts.append("Tests of core and gpu: " + run_tests())
    results, tables = {}, []
    for shape in args.shapes:
        for kind in args.types:
            measured, where = measure_model(shape, kind, args)
            results.update(measured)
            tables.append(where)
            # What is finished stays, should a later model be too large or the time run out.
            text = "\n\n".join([*parts, beside.table(results, args), *tables]) + "\n"
            if args.markdown:
                Path(args.markdown).write_text(text)
    print(text)


if __name__ == "__main__":
    main()
