#!/usr/bin/env python3
"""Measure Cutaway beside llama.cpp, in turns in one run, and write the tables of docs/benchmarks.md.

  tests/bench/beside_llama_cpp.py --peer DIR --tools DIR MODEL.gguf... [--rounds 5] [--markdown OUT.md]

DIR of --peer is where `npm install node-llama-cpp` was run; --tools holds llama_bench.mjs. Every round runs each
program once on each model, so that a slow moment of the machine hits all of them alike; the figures are medians over the
rounds. llama.cpp's Vulkan backend gets the better of its default and GGML_VK_DISABLE_F16=1.
"""
import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CLI = ROOT / "build/release/app/cutaway-cli"


def cutaway(model, device, args):
    command = [str(CLI), "bench", model, "--device", device, "--prompt", str(args.prompt), "--generate",
               str(args.generate), "--repeat", "1", "--json"]
    return run(command, {})


def peer(model, gpu, args, extra):
    generate = args.peer_vulkan_generate if gpu == "vulkan" else args.generate
    command = ["node", str(Path(args.tools) / "llama_bench.mjs"), model, "--gpu", gpu, "--prompt", str(args.prompt),
               "--generate", str(generate), "--repeat", "1"]
    return run(command, {"PEER_DIR": args.peer, "GGML_VK_VISIBLE_DEVICES": "0", **extra})


def run(command, extra):
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **extra}, timeout=1200)
    if done.returncode != 0:
        sys.exit(f"failed: {' '.join(command)}\n{done.stderr}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def contestants(args):
    """Name -> function of a model; the devices are those of this machine."""
    vulkan = args.vulkan_device
    return {
        "Cutaway, CPU": lambda m: cutaway(m, "cpu", args),
        "llama.cpp, CPU": lambda m: peer(m, "false", args, {}),
        "Cutaway, Vulkan": lambda m: cutaway(m, vulkan, args),
        "llama.cpp, Vulkan": lambda m: peer(m, "vulkan", args, {}),
        "llama.cpp, Vulkan, no F16": lambda m: peer(m, "vulkan", args, {"GGML_VK_DISABLE_F16": "1"}),
    }


def medians(runs):
    keys = [k for k, v in runs[0].items() if isinstance(v, (int, float))]
    return {k: statistics.median(r[k] for r in runs) for k in keys}


def measure(models, args):
    """{model: {contestant: medians}}, every contestant once per round."""
    results = {m: {} for m in models}
    for _ in range(args.rounds):
        for model in models:
            for name, bench in contestants(args).items():
                if args.only and not any(part in name for part in args.only):
                    continue
                results[model].setdefault(name, []).append(bench(model))
                latest = results[model][name][-1]
                print(Path(model).name, name, latest, file=sys.stderr, flush=True)
    return {m: {n: medians(r) for n, r in by.items()} for m, by in results.items()}


def best_peer_vulkan(by_name, key):
    both = [by_name[n][key] for n in ("llama.cpp, Vulkan", "llama.cpp, Vulkan, no F16") if n in by_name]
    return max(both) if both else None


def ratio(ours, theirs):
    return f"{ours / theirs:.2f}" if theirs else "-"


def table(results, args):
    lines = ["| model | program | prompt tokens/s | generation tokens/s | load s | host MiB |", "| --- | --- | ---: | ---: | ---: | ---: |"]
    for model, by_name in results.items():
        for name, r in by_name.items():
            host = f"{r['host_mib']:.0f}" if "host_mib" in r else ""
            lines.append(f"| {Path(model).name} | {name} | {r['prompt_tps']:.1f} | {r['generate_tps']:.2f} | {r['load_s']:.2f} | {host} |")
    lines += ["", "| model | CPU: prompt | CPU: generation | Vulkan: prompt | Vulkan: generation |", "| --- | ---: | ---: | ---: | ---: |"]
    for model, by_name in results.items():
        cells = []
        for device in ("CPU", "Vulkan"):
            for key in ("prompt_tps", "generate_tps"):
                ours = by_name.get(f"Cutaway, {device}", {}).get(key)
                theirs = by_name.get("llama.cpp, CPU", {}).get(key) if device == "CPU" else best_peer_vulkan(by_name, key)
                cells.append(ratio(ours, theirs) if ours else "-")
        lines.append(f"| {Path(model).name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def machine():
    name = next((l.split(":", 1)[1].strip() for l in open("/proc/cpuinfo") if l.startswith("model name")), "?")
    return f"{name}, {os.cpu_count()} cores, {platform.system()} {platform.release()}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+")
    parser.add_argument("--peer", required=True)
    parser.add_argument("--tools", required=True)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--prompt", type=int, default=64)
    parser.add_argument("--generate", type=int, default=32)
    parser.add_argument("--peer-vulkan-generate", type=int, default=8, help="fewer: it is slow on software devices")
    parser.add_argument("--vulkan-device", default="llvmpipe", help="part of the Vulkan device's name")
    parser.add_argument("--only", action="append", help="contestants whose name contains this")
    parser.add_argument("--markdown")
    args = parser.parse_args()
    text = table(measure(args.models, args), args)
    command = "tests/bench/beside_llama_cpp.py --peer DIR --tools DIR " + " ".join(Path(m).name for m in args.models)
    text = f"{machine()}; {args.rounds} rounds in turns, medians; prompt {args.prompt}, generation {args.generate} tokens.\n" \
           f"`{command} --rounds {args.rounds} --prompt {args.prompt} --generate {args.generate}`\n\n{text}\n"
    if args.markdown:
        Path(args.markdown).write_text(text)
    print(text)


if __name__ == "__main__":
    main()
