// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/checkpoint/family.h"

#include "io/checkpoint/config_reader.h"

#include <algorithm>
#include <array>
#include <limits>
#include <string>

namespace expertscope {

namespace {
constexpr std::int64_t kMaxLayers = 10'000; ///< a bound on what a lying config can make us allocate
}

void fillCommon(ConfigReader& config, ArchSpec& arch, const CommonDefaults& defaults)
{
    arch.vocabSize = config.size("vocab_size", defaults.vocabSize);
    arch.hiddenSize = config.size("hidden_size", defaults.hiddenSize);
    arch.layers.resize(
        static_cast<std::size_t>(config.integer("num_hidden_layers", defaults.numLayers, 1, kMaxLayers)));
    arch.numHeads = config.size("num_attention_heads", defaults.numHeads);
    arch.normEpsilon = config.number("rms_norm_eps", defaults.normEpsilon);
    if (!(arch.normEpsilon >= 0 && arch.normEpsilon < 1e3))
        config.refuse("rms_norm_eps", "must be 0 to 1000");
    arch.activation = parseActivation(config, "hidden_act", Activation::Silu);
    arch.tiedEmbeddings = config.boolean("tie_word_embeddings", false);
    arch.router.topK = config.size("num_experts_per_tok", defaults.expertsPerToken);
}

void fillHeadDim(ConfigReader& config, ArchSpec& arch, bool derived)
{
    arch.headDim = derived ? arch.hiddenSize / std::max<std::int64_t>(1, arch.numHeads) : config.size("head_dim", 1);
    if (arch.headDim < 1)
        config.refuse("num_attention_heads", "is more than hidden_size");
}

void fillDenseLayers(ConfigReader& config, ArchSpec& arch, std::int64_t denseIntermediate)
{
    const auto step = config.integer("decoder_sparse_step", 1, 1, std::numeric_limits<std::int64_t>::max());
    auto denseLayers = config.integers("mlp_only_layers");
    std::sort(denseLayers.begin(), denseLayers.end());
    for (std::size_t i = 0; i < arch.layers.size(); ++i) {
        const auto layer = static_cast<std::int64_t>(i);
        if ((layer + 1) % step != 0 || std::binary_search(denseLayers.begin(), denseLayers.end(), layer)) {
            arch.layers[i].moe = false;
            arch.layers[i].denseIntermediate = denseIntermediate;
        }
    }
}

void setWindow(ArchSpec& arch, std::int64_t window)
{
    for (auto& layer : arch.layers)
        layer.slidingWindow = window;
}

Activation parseActivation(ConfigReader& config, std::string_view key, Activation fallback)
{
    struct Row
    {
        std::string_view name;
        Activation activation;
    };
    // The names of the reference's ACT2CLS; variants that compute the same function share a kind.
    static constexpr std::array kRows{
        Row{"gelu", Activation::Gelu},
        Row{"gelu_10", Activation::GeluClipped10},
        Row{"gelu_accurate", Activation::GeluTanh},
        Row{"gelu_fast", Activation::GeluTanh},
        Row{"gelu_new", Activation::GeluTanh},
        Row{"gelu_python", Activation::Gelu},
        Row{"gelu_python_tanh", Activation::GeluTanh},
        Row{"gelu_pytorch_tanh", Activation::GeluTanh},
        Row{"hardswish", Activation::HardSwish},
        Row{"laplace", Activation::Laplace},
        Row{"leaky_relu", Activation::LeakyRelu},
        Row{"linear", Activation::Linear},
        Row{"mish", Activation::Mish},
        Row{"quick_gelu", Activation::QuickGelu},
        Row{"relu", Activation::Relu},
        Row{"relu2", Activation::ReluSquared},
        Row{"relu6", Activation::Relu6},
        Row{"sigmoid", Activation::Sigmoid},
        Row{"silu", Activation::Silu},
        Row{"sqrtsoftplus", Activation::SqrtSoftplus},
        Row{"swish", Activation::Silu},
        Row{"tanh", Activation::Tanh},
    };
    if (!config.has(key))
        return fallback;
    const auto name = config.string(key);
    const auto row = std::find_if(kRows.begin(), kRows.end(), [&](const auto& r) { return name && r.name == *name; });
    if (row != kRows.end())
        return row->activation;
    config.refuse(
        key, name ? "unknown activation '" + name->substr(0, 80) + "'" : "is null, an activation was expected");
    return fallback;
}

}
