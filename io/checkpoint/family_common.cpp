// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/checkpoint/family.h"

#include "io/checkpoint/config_reader.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string>

namespace expertscope {

namespace {
constexpr std::int64_t kMaxLayers = 10'000; ///< a bound on what a lying config can make us allocate
constexpr std::int64_t kMaxKernel = 1024; ///< … and keep of the tokens before a part of a document
}

void fillCommon(
    ConfigReader& config, ArchSpec& arch, const CommonDefaults& defaults, std::string_view topKKey)
{
    arch.vocabSize = config.size("vocab_size", defaults.vocabSize);
    arch.hiddenSize = config.size("hidden_size", defaults.hiddenSize);
    arch.layers.resize(
        static_cast<std::size_t>(config.integer("num_hidden_layers", defaults.numLayers, 1, kMaxLayers)));
    arch.numHeads = config.size("num_attention_heads", defaults.numHeads);
    arch.normEpsilon = config.number(defaults.normEpsilonKey, defaults.normEpsilon);
    if (!(arch.normEpsilon >= 0 && arch.normEpsilon < 1e3))
        config.refuse(defaults.normEpsilonKey, "must be 0 to 1000");
    arch.activation = parseActivation(config, "hidden_act", Activation::Silu);
    arch.tiedEmbeddings = config.boolean("tie_word_embeddings", defaults.tiedEmbeddings);
    // The reference's general name overrules the family's own where the file has both.
    const std::string_view general = "num_experts_per_tok";
    const auto key = topKKey != general && config.has(general) ? general : topKKey;
    if (defaults.expertsPerToken == 0 && config.isNull(key))
        config.refuse(key, "is missing");
    arch.router.topK = config.sizeOfEachLayer(key, std::max<std::int64_t>(1, defaults.expertsPerToken));
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

void fillKvHeads(ConfigReader& config, ArchSpec& arch, std::optional<std::int64_t> fallback)
{
    const std::string_view key = "num_key_value_heads";
    if (!config.has(key) && fallback)
        arch.numKvHeads = *fallback;
    else
        arch.numKvHeads = config.isNull(key) ? arch.numHeads : config.size(key, 1);
}

void fillWindowsByType(ConfigReader& config, ArchSpec& arch, std::optional<std::int64_t> window,
    const std::function<bool(std::size_t)>& slidingByDefault)
{
    const auto types = config.strings("layer_types");
    for (std::size_t i = 0; i < arch.layers.size() && !config.failed(); ++i) {
        bool sliding = slidingByDefault(i);
        if (types && i < types->size()) {
            const auto& type = (*types)[i];
            sliding = type == "sliding_attention";
            if (!sliding && type != "full_attention") {
                config.refuse("layer_types[" + std::to_string(i) + "]",
                    "has '" + type.substr(0, 80) + "', full_attention or sliding_attention was expected");
            }
        }
        if (sliding && !window)
            config.refuse("sliding_window", "is needed by layer " + std::to_string(i));
        else if (sliding)
            arch.layers[i].slidingWindow = *window;
    }
}

void fillMixersByType(ConfigReader& config, ArchSpec& arch, std::string_view type, Mixer mixer,
    const std::function<bool(std::size_t)>& byDefault)
{
    const auto types = config.strings("layer_types");
    if (!types && !byDefault)
        return config.refuse("layer_types", "is missing");
    for (std::size_t i = 0; i < arch.layers.size() && !config.failed(); ++i) {
        bool is = types ? false : byDefault(i);
        if (types && i < types->size()) {
            const auto& given = (*types)[i];
            is = given == type || (type == "linear_attention" && given == "mamba"); // an older spelling
            if (!is && given != "full_attention" && given != "attention")
                config.refuse("layer_types[" + std::to_string(i) + "]",
                    "has '" + given.substr(0, 80) + "', full_attention or " + std::string(type) + " was expected");
        }
        if (is)
            arch.layers[i].mixer = mixer;
    }
}

void fillDeltaNet(ConfigReader& config, ArchSpec& arch)
{
    constexpr std::int64_t kMost = 1 << 20; // products of two stay far from what wraps around
    DeltaNet net;
    net.keyHeads = config.integer("linear_num_key_heads", 16, 1, kMost);
    net.valueHeads = config.integer("linear_num_value_heads", 32, 1, kMost);
    net.keyDim = config.integer("linear_key_head_dim", 128, 1, kMost);
    net.valueDim = config.integer("linear_value_head_dim", 128, 1, kMost);
    net.kernel = config.integer("linear_conv_kernel_dim", 4, 1, kMaxKernel);
    if (config.failed())
        return;
    if (net.valueHeads % net.keyHeads != 0)
        config.refuse("linear_num_value_heads",
            "is " + std::to_string(net.valueHeads) + ", not a multiple of the " + std::to_string(net.keyHeads)
                + " key heads");
    arch.deltaNet = net;
    std::int64_t interval = 4;
    if (config.isNull("layer_types") && config.has("full_attention_interval"))
        interval = config.integer("full_attention_interval", 4, 1, INT32_MAX);
    fillMixersByType(config, arch, "linear_attention", Mixer::DeltaNet,
        [&](std::size_t i) { return (static_cast<std::int64_t>(i) + 1) % interval != 0; });
}

void setWindow(ArchSpec& arch, std::int64_t window)
{
    for (auto& layer : arch.layers)
        layer.slidingWindow = window;
}

void fillLatent(ConfigReader& config, ArchSpec& arch, const LatentDefaults& defaults)
{
    LatentAttention latent;
    const std::string_view rank = "q_lora_rank";
    if (!config.has(rank))
        latent.queryRank = defaults.queryRank;
    else if (const auto given = config.optionalInteger(rank, 1, INT32_MAX))
        latent.queryRank = *given;
    latent.keyValueRank = config.size("kv_lora_rank", defaults.keyValueRank);
    latent.nopeDim = config.size("qk_nope_head_dim", defaults.nopeDim);
    const auto alias = defaults.ropeDimAlias;
    latent.ropeDim =
        config.size(!alias.empty() && config.has(alias) ? alias : "qk_rope_head_dim", defaults.ropeDim);
    latent.valueDim = config.size("v_head_dim", defaults.valueDim);
    arch.headDim = latent.nopeDim + latent.ropeDim;
    arch.qkvBias = arch.outputBias = config.boolean("attention_bias", false);
    arch.latent = latent;
    for (LayerSpec& layer : arch.layers)
        layer.mixer = Mixer::Latent;
    fillKvHeads(config, arch, defaults.kvHeads.value_or(arch.numHeads));
    if (arch.numKvHeads != arch.numHeads)
        config.refuse("num_key_value_heads", "latent attention has as many as heads, " + std::to_string(arch.numHeads));
}

void scaleByMscale(ConfigReader&, ArchSpec& arch)
{
    const double mscale = arch.rope.mscaleAllDim.value_or(0);
    if (arch.rope.kind == RopeKind::Default || mscale == 0)
        return;
    const double m = arch.rope.factor <= 1 ? 1 : 0.1 * mscale * std::log(arch.rope.factor) + 1;
    arch.attentionScale = m * m / std::sqrt(static_cast<double>(arch.headDim));
}

void fillFirstDense(ConfigReader& config, ArchSpec& arch, std::int64_t fallback, std::int64_t denseIntermediate)
{
    // The models' own code also knows a step between MoE layers; the reference does not read it.
    if (!config.isNull("moe_layer_freq") && config.integer("moe_layer_freq", 1, 0, kMaxLayers) != 1)
        config.refuse("moe_layer_freq", "is not 1: only first_k_dense_replace may make layers dense");
    const auto count = config.integer("first_k_dense_replace", fallback, 0, kMaxLayers);
    for (std::size_t i = 0; i < arch.layers.size() && static_cast<std::int64_t>(i) < count; ++i) {
        arch.layers[i].moe = false;
        arch.layers[i].denseIntermediate = denseIntermediate;
    }
}

void fillGatedHybrid(ConfigReader& config, ArchSpec& arch, const CommonDefaults& defaults)
{
    fillCommon(config, arch, defaults);
    arch.numKvHeads = config.size("num_key_value_heads", 2);
    arch.headDim = config.size("head_dim", 256);
    arch.qkvBias = arch.outputBias = config.boolean("attention_bias", false);
    arch.qkNorm = QkNorm::PerHead;
    arch.gatedAttention = true;
    arch.normKind = NormKind::RmsAroundOne;
    arch.rope.partialFactor = 0.25;
    fillDeltaNet(config, arch);
    arch.expertIntermediate = config.size("moe_intermediate_size", 512);
    arch.sharedIntermediate = config.integer("shared_expert_intermediate_size", 512, 0, INT32_MAX);
    arch.sharedGated = true;
}

void fillGranite(ConfigReader& config, ArchSpec& arch)
{
    fillCommon(config, arch, {32000, 4096, 32, 32, 1e-6, 2});
    fillKvHeads(config, arch);
    fillHeadDim(config, arch, !config.has("head_dim"));
    arch.qkvBias = arch.outputBias = config.boolean("attention_bias", false);
    arch.attentionScale = config.number("attention_multiplier", 1);
    arch.embeddingMultiplier = config.number("embedding_multiplier", 1);
    arch.residualMultiplier = config.number("residual_multiplier", 1);
    arch.logitsDivisor = config.number("logits_scaling", 1);
    if (arch.logitsDivisor == 0)
        config.refuse("logits_scaling", "must not be 0");
}

Family graniteFamily(std::string_view modelType, void (*fill)(ConfigReader&, ArchSpec&))
{
    Family family;
    family.modelType = modelType;
    family.names.moeBlocks = {"block_sparse_moe"};
    family.names.router = {"router.layer", "router"};
    family.names.fusedGateUp = {"input_linear.weight", "experts.gate_up_proj"};
    family.names.fusedDown = {"output_linear.weight", "experts.down_proj"};
    family.names.shared = ".shared_mlp";
    family.names.sharedFused = true;
    family.fill = fill;
    family.defaultMaxPositions = 2048;
    family.numExpertsKey = "num_local_experts";
    family.defaultNumExperts = 8;
    return family;
}

void fillSigmoidRouter(ConfigReader& config, ArchSpec& arch, const SigmoidRouterDefaults& defaults)
{
    auto& router = arch.router;
    router.score = ScoreFunction::Sigmoid;
    router.fp32Logits = router.fp32Weights = router.selectionBias = true;
    router.numGroups = config.size("n_group", defaults.numGroups);
    router.keptGroups = config.size("topk_group", defaults.keptGroups);
    router.groupScore = GroupScore::TopTwo;
    router.scaling = config.number("routed_scaling_factor", defaults.scaling);
    if (config.boolean("norm_topk_prob", defaults.renormalised)) {
        router.renormalisation = Renormalisation::Sum;
        router.renormEpsilon = 1e-20;
    }
    // The sigmoid is the only one these families have here; files of relatives say otherwise.
    expectWord(config, arch, "scoring_func", "sigmoid");
    expectWord(config, arch, "topk_method", "noaux_tc");
}

void expectWord(ConfigReader& config, const ArchSpec& arch, std::string_view key, std::string_view only)
{
    if (const auto word = config.string(key); word && *word != only)
        config.refuse(key, "is '" + word->substr(0, 80) + "', " + arch.modelType + " has " + std::string(only));
}

void fillNextTokenLayers(ConfigReader& config, ArchSpec& arch)
{
    const std::string_view published = "num_nextn_predict_layers", general = "num_mtp_layers";
    // The reference's general name overrules the published one.
    const auto key = config.has(general) ? general : published;
    if (!config.has(key))
        arch.nextTokenLayers = 1;
    else
        arch.nextTokenLayers = config.optionalInteger(key, 0, kMaxLayers).value_or(0);
}

void fillShared(ArchSpec& arch, std::int64_t count, std::int64_t width)
{
    arch.numShared = count;
    arch.sharedIntermediate = count * width;
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
