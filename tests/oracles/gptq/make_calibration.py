#!/usr/bin/env python3
"""Text to calibrate the demo model with: documents of its training mix from a seed of their own, none of the held-out ones.

  python3 make_calibration.py [BYTES [FILE]]      writes calibration.txt beside this file, or FILE
"""
import os, random, sys

HERE = os.path.dirname(os.path.abspath(__file__))
TARGET = os.path.abspath(sys.argv[2]) if len(sys.argv) > 2 else HERE + "/calibration.txt"
DEMO = HERE + "/../../../resources/demo-model"
sys.path.insert(0, DEMO)
os.chdir(DEMO)  # corpus.py reads topics.txt
import corpus

corpus.TOPICS = corpus.load_topics("topics.txt") if not getattr(corpus, "TOPICS", None) else corpus.TOPICS
rng, text = random.Random(20261122), ""
while len(text) < int(sys.argv[1] if len(sys.argv) > 1 else 40000):
    text += corpus.document(rng, "train") + "\n"
open(TARGET, "w", encoding="utf-8").write(text)
