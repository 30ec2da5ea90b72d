#!/usr/bin/env python3
"""Hugging Face directories of tiny random models, and small tokenizers with the tokens that the tokenizers package gives.

  python3 -m venv venv && venv/bin/pip install torch==2.6.0 transformers==4.53.3
  venv/bin/python make_directories.py             writes models/, tokenizers/ and their expected values beside this file

The models are those of ../families (same seeds), saved by transformers itself; their logits are ../families/NAME.logits.f32.
"llama-bf16" is a model of its own, because weights rounded to F16 are no BF16 numbers. "qwen3" is cut into shards.
"""
import json, os, random, shutil, sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE + "/../families")
import torch
from make_families import MODELS, SIZES, TOKENS, randomize
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import LlamaConfig, LlamaForCausalLM

IDS = [(7 * i * i + 3 * i + 5) % 96 for i in range(TOKENS)]


def tiny_tokenizer():
    vocab = {t: i for i, t in enumerate([chr(33 + i) for i in range(94)] + ["Ġ"])}
    t = Tokenizer(models.BPE(vocab, []))
    t.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    t.decoder = decoders.ByteLevel()
    t.add_special_tokens(["<|end|>"])
    return t


def save(name, model, dtype, **options):
    path = f"{HERE}/models/{name}"
    shutil.rmtree(path, ignore_errors=True)
    model.config.eos_token_id = 95
    model.config.bos_token_id = None
    model.generation_config.eos_token_id = 95
    model.generation_config.bos_token_id = None
    model.to(dtype).save_pretrained(path, safe_serialization=True, **options)
    tiny_tokenizer().save(path + "/tokenizer.json")
    json.dump({"chat_template": "{{ messages[0].content }}", "eos_token": "<|end|>"}, open(path + "/tokenizer_config.json", "w"))


def make_models():
    for seed, (name, family, cls, config) in enumerate(MODELS):
        config._attn_implementation = "eager"
        model = cls(config).float().eval()
        randomize(model, seed)
        save(name, model, torch.float32 if name == "qwen2" else torch.float16,
             **(dict(max_shard_size="60KB") if name == "qwen3" else {}))
    config = LlamaConfig(**SIZES, head_dim=16)
    config._attn_implementation = "eager"
    model = LlamaForCausalLM(config).float().eval()
    randomize(model, 100)
    with torch.no_grad():
        for p in model.parameters():  # not model.bfloat16(), which would round the rotary frequencies too
            p.copy_(p.bfloat16().float())
        model(torch.tensor([IDS])).logits[0].numpy().astype("<f4").tofile(f"{HERE}/llama-bf16.logits.f32")
    save("llama-bf16", model, torch.bfloat16)


LLAMA3 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
QWEN2 = LLAMA3.replace(r"\p{N}{1,3}", r"\p{N}")
TEXTS = ["Hello, world!", "  two spaces, and 12345 numbers\n\nnew line", "It's we'LL they've", "naïve café Ünïcödé 漢字 🙂",
         "<|im_start|>user\nHi<|im_end|>", "a<think>b</think> c", "tabs\t\tand   runs", "", " ", "\n", "x=1;y=22;z=333;w=4444"]


def byte_level(split):
    last = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=split in ("gpt-2", "smollm"))
    if split == "gpt-2":
        return last
    if split == "smollm":
        return pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), last])
    pattern = QWEN2 if split == "qwen2" else LLAMA3
    return pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(pattern), "isolated"), last])


def corpus():
    words = "the model token weight layer attention head norm hello world it's we'll they've 12 345 6789 café naïve".split()
    rng = random.Random(5)
    return [" ".join(rng.choice(words) for _ in range(30)) + "\n" for _ in range(200)]


def make_tokenizer(name):
    specials = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    if name == "sentencepiece":
        t = Tokenizer(models.BPE(byte_fallback=True, unk_token="<unk>", fuse_unk=True))
        t.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
        t.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
        bytes_ = [f"<0x{i:02X}>" for i in range(256)]
        trainer = trainers.BpeTrainer(vocab_size=420, special_tokens=["<unk>", "<s>", "</s>"] + bytes_, show_progress=False)
        t.train_from_iterator([w for line in corpus() for w in line.split()], trainer)
        raw = json.loads(t.to_str())
        raw["added_tokens"] = [a for a in raw["added_tokens"] if not a["content"].startswith("<0x")]
        t = Tokenizer.from_str(json.dumps(raw))
        t.post_processor = processors.TemplateProcessing(single="<s> $A", pair="<s> $A $B", special_tokens=[("<s>", 1)])
        return t
    t = Tokenizer(models.BPE(ignore_merges=name == "llama-bpe"))
    t.pre_tokenizer = byte_level(name)
    t.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=420, special_tokens=specials, show_progress=False,
                                  initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    t.train_from_iterator(corpus(), trainer)
    t.add_tokens([AddedToken("<think>", special=False, normalized=False), AddedToken("</think>", special=False, normalized=False)])
    if name == "llama-bpe":
        t.post_processor = processors.TemplateProcessing(single="<|endoftext|> $A", pair="<|endoftext|> $A $B",
                                                         special_tokens=[("<|endoftext|>", 0)])
    return t


def make_tokenizers():
    os.makedirs(HERE + "/tokenizers", exist_ok=True)
    expected = {}
    for name in ["gpt-2", "smollm", "llama-bpe", "dbrx", "qwen2", "sentencepiece"]:
        t = make_tokenizer(name)
        t.save(f"{HERE}/tokenizers/{name}.json", pretty=False)
        expected[name] = [dict(text=text, ids=t.encode(text).ids) for text in TEXTS]
    json.dump(expected, open(HERE + "/tokenizers/expected.json", "w"), indent=0)


if __name__ == "__main__":
    make_models()
    make_tokenizers()
