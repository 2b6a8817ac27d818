// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/checkpoint/arch_spec.h"

#include "io/checkpoint/config_reader.h"
#include "io/checkpoint/family.h"

#include <algorithm>
#include <array>

namespace expertscope {

namespace {

constexpr std::int64_t kMaxExperts = kNoExpert - 1; // ids are stored in 16 bits beside "none"

std::string knownTypesHint()
{
    std::string hint = "known:";
    for (const auto& name : knownModelTypes())
        hint += " " + name;
    return hint;
}

/// Whether a config, of whatever model, has a key about experts. Those of all published mixtures do.
bool namesExperts(const JsonValue& config)
{
    if (!config.object())
        return false;
    return std::ranges::any_of(*config.object(), [](const JsonMember& member) {
        std::string key = member.first;
        std::ranges::transform(key, key.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c; });
        return key.find("expert") != std::string::npos || key.find("moe") != std::string::npos
            || namesExperts(member.second);
    });
}

/// Settings of the reference library that change what a checkpoint means and that nothing here implements.
void refuseForeign(ConfigReader& config)
{
    for (const auto key : {"per_layer_config", "transformers_weights"}) {
        if (!config.isNull(key))
            config.refuse(key, "is not supported");
    }
    if (!config.isNull("is_causal") && !config.boolean("is_causal", true))
        config.refuse("is_causal", "is false, only causal models are supported");
}

void readDtype(ConfigReader& config, ArchSpec& arch)
{
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kNames{
        {{"float32", "float32"}, {"float", "float32"}, {"bfloat16", "bfloat16"}, {"float16", "float16"},
            {"half", "float16"}, {"float64", "float64"}, {"double", "float64"}}};
    const auto key = config.isNull("dtype") ? "torch_dtype" : "dtype";
    const auto name = config.string(key);
    if (!name)
        return;
    const auto row = std::find_if(kNames.begin(), kNames.end(), [&](const auto& r) { return r.first == *name; });
    if (row == kNames.end())
        config.refuse(key, "unknown dtype '" + name->substr(0, 80) + "'");
    else
        arch.dtype = row->second;
}

/// What the part about the text may say for itself.
void readNested(ConfigReader& text, ArchSpec& arch)
{
    refuseForeign(text);
    if (!arch.quantisation)
        arch.quantisation = parseQuantisation(text);
    readDtype(text, arch);
}

/// The reference checks length and vocabulary of layer_types for every family, also where the model reads none of it.
void checkLayerTypes(ConfigReader& config, const ArchSpec& arch)
{
    static constexpr std::string_view kKnown[] = {"full_attention", "sliding_attention", "chunked_attention",
        "window_attention", "indexed_attention", "compressed_sparse_attention", "heavily_compressed_attention",
        "minimax_m3_sparse", "conv", "moe", "hybrid", "hybrid_sliding", "reference_sliding_attention",
        "linear_attention",
        // older spellings
        "mamba", "attention", "deepseek_sparse_attention", "qwen_sparse_attention"};
    const auto types = config.strings("layer_types");
    if (!types)
        return;
    if (types->size() != arch.layers.size()) {
        config.refuse("layer_types",
            "has " + std::to_string(types->size()) + " entries for " + std::to_string(arch.layers.size()) + " layers");
    }
    for (std::size_t i = 0; i < types->size(); ++i) {
        if (std::find(std::begin(kKnown), std::end(kKnown), (*types)[i]) == std::end(kKnown))
            config.refuse(
                "layer_types[" + std::to_string(i) + "]", "unknown layer type '" + (*types)[i].substr(0, 80) + "'");
    }
}

/// The reference breaks on groups that do not fit, and chooses what it has masked where too few experts are left.
void checkGroups(ConfigReader& config, const RouterSpec& router)
{
    if (config.failed() || (router.numGroups == 1 && router.keptGroups == 1))
        return;
    const auto text = [](std::int64_t n) { return std::to_string(n); };
    if (router.numExperts % router.numGroups != 0)
        config.refuse("n_group", "is " + text(router.numGroups) + ", which does not divide the " + text(router.numExperts) + " experts");
    else if (router.groupScore == GroupScore::TopTwo && router.numExperts / router.numGroups < 2)
        config.refuse("n_group", "is " + text(router.numGroups) + ": a group of one expert has no best two");
    else if (router.keptGroups > router.numGroups)
        config.refuse("topk_group", "is " + text(router.keptGroups) + ", there are " + text(router.numGroups) + " groups");
    else if (router.keptGroups * (router.numExperts / router.numGroups) < router.topK)
        config.refuse("topk_group", "leaves " + text(router.keptGroups * (router.numExperts / router.numGroups)) + " experts to choose "
                + text(router.topK) + " from");
}

void readExpertCount(ConfigReader& config, const Family& family, ArchSpec& arch)
{
    const bool alias = !family.numExpertsAlias.empty() && config.has(family.numExpertsAlias);
    const auto key = alias ? family.numExpertsAlias : family.numExpertsKey;
    if (family.defaultNumExperts == 0 && !config.has(key))
        return config.refuse(key, "is missing");
    arch.router.numExperts = config.integer(key, family.defaultNumExperts, 0, kMaxExperts);
    // Without experts the reference builds the qwen families dense; there is nothing to record then.
    if (arch.router.numExperts == 0)
        config.refuse(key, "is 0: the model has no router");
    else if (arch.router.topK > arch.router.numExperts) {
        config.refuse("num_experts_per_tok",
            "is " + std::to_string(arch.router.topK) + ", the layers have " + std::to_string(arch.router.numExperts)
                + " experts");
    }
    checkGroups(config, arch.router);
}

void checkShape(ConfigReader& config, const ArchSpec& arch)
{
    if (arch.numHeads % arch.numKvHeads != 0) {
        config.refuse("num_key_value_heads",
            "is " + std::to_string(arch.numKvHeads) + ", which does not divide the " + std::to_string(arch.numHeads)
                + " query heads");
    }
}

void fillSites(ArchSpec& arch)
{
    for (std::size_t i = 0; i < arch.layers.size(); ++i) {
        if (!arch.layers[i].moe)
            continue;
        Site site;
        site.layer = static_cast<std::uint16_t>(i);
        site.numExperts = static_cast<std::uint16_t>(arch.router.numExperts);
        site.topK = static_cast<std::uint16_t>(arch.router.topK);
        site.numShared =
            arch.sharedIntermediate > 0 ? static_cast<std::uint16_t>(std::max<std::int64_t>(1, arch.numShared)) : 0;
        site.score = arch.router.score;
        site.renormalisation = arch.router.renormalisation;
        site.scaling = static_cast<float>(arch.router.scaling);
        arch.sites.push_back(site);
    }
}

}

bool ArchSpec::has(Mixer mixer) const
{
    return std::ranges::any_of(layers, [&](const LayerSpec& layer) { return layer.mixer == mixer; });
}

Expected<ArchSpec> parseArchSpec(const std::string& configJson, const std::string& where)
{
    ES_ASSIGN(const auto root, parsePythonJson(configJson, JsonLimits{}, where));
    if (!root.object())
        return fail(std::string("is ") + root.kind() + ", not an object", where);
    ConfigReader config(root, where);

    ArchSpec arch;
    const auto modelType = config.string("model_type");
    if (config.failed())
        return tl::unexpected(config.error());
    if (!modelType)
        return fail("is missing", where + ": model_type", knownTypesHint());
    const auto architectures = config.strings("architectures");
    if (architectures && !architectures->empty())
        arch.architecture = architectures->front();
    const auto* family = findFamily(*modelType);
    if (!family)
        family = findFamilyOfClass(arch.architecture);
    if (!family && !namesExperts(root))
        return fail("'" + modelType->substr(0, 80) + "' has no routers: its config names no experts",
            where + ": model_type", "a mixture-of-experts model is needed");
    if (!family)
        return fail("unknown model type '" + modelType->substr(0, 80) + "'", where + ": model_type", knownTypesHint());
    arch.modelType = *modelType;
    arch.family = family->modelType;
    refuseForeign(config);
    arch.quantisation = parseQuantisation(config);
    readDtype(config, arch);
    if (!family->nested.empty()) {
        const auto inner = config.object(family->nested);
        if (!config.failed() && !inner)
            return fail("is missing", where + ": " + std::string(family->nested));
        if (inner) {
            config = *inner;
            readNested(config, arch);
        }
    }
    if (config.failed())
        return tl::unexpected(config.error());

    // Ends at the first error: what follows may divide by, or loop over, what came before.
    family->fill(config, arch);
    if (!config.failed())
        checkShape(config, arch);
    if (!config.failed())
        checkLayerTypes(config, arch);
    if (!config.failed())
        readExpertCount(config, *family, arch);
    if (!config.failed()) {
        const auto alias = family->maxPositionsAlias;
        const auto maxPositions = config.size(
            !alias.empty() && config.has(alias) ? alias : "max_position_embeddings", family->defaultMaxPositions);
        if (family->rotates)
            arch.rope = parseRope(config, arch, *family, maxPositions);
        else
            arch.rope.maxPositions = maxPositions;
    }
    if (!config.failed() && family->finish)
        family->finish(config, arch);
    if (config.failed())
        return tl::unexpected(config.error());
    fillSites(arch);
    if (arch.sites.empty())
        return fail("every layer is dense: the model has no router", where + ": mlp_only_layers, decoder_sparse_step");
    return arch;
}

}
