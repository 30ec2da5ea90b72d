// Templates written from the families' published prompt formats, for files that bring none or one we cannot
// run.
#include "core/text/chat_template.h"

namespace cutaway {
namespace {

constexpr const char* kChatMl = R"({%- for message in messages -%}
  {{- '<|im_start|>' + message.role + '\n' + message.content + '<|im_end|>\n' -}}
{%- endfor -%}
{%- if add_generation_prompt -%}
  {{- '<|im_start|>assistant\n' -}}
{%- endif -%})";

constexpr const char* kLlama2 = R"({%- set ns = namespace(system='') -%}
{%- for message in messages -%}
  {%- if message.role == 'system' -%}
    {%- set ns.system = '<<SYS>>\n' + message.content + '\n<</SYS>>\n\n' -%}
  {%- elif message.role == 'user' -%}
    {{- bos_token + '[INST] ' + ns.system + message.content + ' [/INST]' -}}
    {%- set ns.system = '' -%}
  {%- else -%}
    {{- ' ' + message.content + ' ' + eos_token -}}
  {%- endif -%}
{%- endfor -%})";

constexpr const char* kLlama3 = R"({{- bos_token -}}
{%- for message in messages -%}
  {{- '<|start_header_id|>' + message.role + '<|end_header_id|>\n\n' + message.content | trim + '<|eot_id|>' -}}
{%- endfor -%}
{%- if add_generation_prompt -%}
  {{- '<|start_header_id|>assistant<|end_header_id|>\n\n' -}}
{%- endif -%})";

constexpr const char* kMistral = R"({{- bos_token -}}
{%- set ns = namespace(system='') -%}
{%- for message in messages -%}
  {%- if message.role == 'system' -%}
    {%- set ns.system = message.content + '\n\n' -%}
  {%- elif message.role == 'user' -%}
    {{- '[INST] ' + ns.system + message.content + '[/INST]' -}}
    {%- set ns.system = '' -%}
  {%- else -%}
    {{- ' ' + message.content | trim + eos_token -}}
  {%- endif -%}
{%- endfor -%})";

constexpr const char* kGemma = R"({{- bos_token -}}
{%- set ns = namespace(system='') -%}
{%- for message in messages -%}
  {%- if message.role == 'system' -%}
    {%- set ns.system = message.content | trim + '\n\n' -%}
  {%- else -%}
    {{- '<start_of_turn>' + ('model' if message.role == 'assistant' else message.role) + '\n' -}}
    {{- ns.system + message.content | trim + '<end_of_turn>\n' -}}
    {%- set ns.system = '' -%}
  {%- endif -%}
{%- endfor -%}
{%- if add_generation_prompt -%}
  {{- '<start_of_turn>model\n' -}}
{%- endif -%})";

constexpr const char* kPhi3 = R"({%- for message in messages -%}
  {{- '<|' + message.role + '|>\n' + message.content + '<|end|>\n' -}}
{%- endfor -%}
{%- if add_generation_prompt -%}
  {{- '<|assistant|>\n' -}}
{%- endif -%})";

constexpr const char* kZephyr = R"({%- for message in messages -%}
  {{- '<|' + message.role + '|>\n' + message.content + eos_token + '\n' -}}
{%- endfor -%}
{%- if add_generation_prompt -%}
  {{- '<|assistant|>\n' -}}
{%- endif -%})";

constexpr const char* kPlain = R"({%- for message in messages -%}
  {{- '\n' if not loop.first and message.role != 'assistant' -}}
  {{- message.content -}}
{%- endfor -%})";

constexpr BuiltInTemplate kTemplates[] = {
    {"chatml", "ChatML (Qwen, SmolLM)", kChatMl},
    {"llama-2", "Llama 2", kLlama2},
    {"llama-3", "Llama 3", kLlama3},
    {"mistral", "Mistral", kMistral},
    {"gemma", "Gemma", kGemma},
    {"phi-3", "Phi 3", kPhi3},
    {"zephyr", "Zephyr, TinyLlama", kZephyr},
    {"plain", "Plain text: the model goes on with what you write", kPlain},
};

}  // namespace

std::span<const BuiltInTemplate> builtInTemplates() { return kTemplates; }

}  // namespace cutaway
