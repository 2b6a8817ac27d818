// SPDX-License-Identifier: GPL-3.0-or-later
//
// A small trace with a shape worth drawing: experts that prefer a language, dead ones, a dense layer first.
#pragma once

#include "tests/support/memory_trace.h"

#include <cmath>

namespace expertscope::testing {

/// Of a model whose sizes are known.
inline constexpr const char* kConfig = R"({"model_type": "qwen3_moe", "torch_dtype": "bfloat16", "hidden_size": 192,
    "intermediate_size": 512, "moe_intermediate_size": 48, "num_hidden_layers": 6, "num_attention_heads": 6,
    "num_key_value_heads": 2, "head_dim": 32, "vocab_size": 4096, "num_experts": 32, "num_experts_per_tok": 2,
    "decoder_sparse_step": 1, "mlp_only_layers": [], "norm_topk_prob": true})";

/// `layers` x `experts`, top-2, 6 sequences labelled language = de, en, fr; layer 2 never uses expert 3; the first
/// quarter of the experts is twice as likely for "de".
inline std::shared_ptr<MemoryTrace> languageTrace(
    std::size_t layers = 6, std::uint16_t experts = 32, std::uint32_t length = 400)
{
    auto trace = std::make_shared<MemoryTrace>(layers, experts, std::uint16_t(2));
    const std::vector<std::string> languages{"de", "en", "de", "en", "fr", "fr"};
    for (std::size_t i = 0; i < languages.size(); ++i)
        trace->addSequence(length, "doc" + std::to_string(i));
    trace->addLabel("language", languages);
    for (std::size_t l = 0; l < layers; ++l) {
        auto& site = trace->editShape().sites[l];
        site.layer = std::uint16_t(l + 1);
        trace->ids[l].clear();
        std::uint64_t state = mix(l + 1);
        const auto draw = [&](bool german) {
            for (;;) {
                state = mix(state);
                // Squaring a uniform number favours low ids, more so in later layers.
                const double u = double(state >> 11) * 0x1p-53;
                const double skew = 1 + 0.25 * double(l);
                std::uint16_t e = std::uint16_t(std::pow(u, skew) * experts);
                e = std::uint16_t((e * 7u + 5u * unsigned(l)) % experts);
                state = mix(state);
                if (german && e >= experts / 4 && (state & 1))
                    continue;
                if (l == 1 && e == 3)
                    continue;
                return e;
            }
        };
        for (const std::string& language : languages) {
            for (std::uint32_t t = 0; t < length; ++t) {
                const std::uint16_t a = draw(language == "de");
                std::uint16_t b = a;
                while (b == a)
                    b = draw(language == "de");
                trace->ids[l].push_back(a);
                trace->ids[l].push_back(b);
            }
        }
    }
    return trace;
}

}
