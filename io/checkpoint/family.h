// SPDX-License-Identifier: GPL-3.0-or-later
//
// What is particular to a family of models. A new family is one family_NAME.cpp and one line in family_registry.cpp.
#pragma once

#include "io/checkpoint/arch_spec.h"

#include <span>
#include <string_view>
#include <vector>

namespace expertscope {

class ConfigReader;

/// How a family spells the tensors of a layer; everything else is spelt alike in all registered families.
struct WeightNames
{
    std::vector<std::string_view> moeBlocks; ///< "block_sparse_moe" (files), "mlp" (the reference's memory)
    std::string_view expertGate, expertUp, expertDown; ///< of one expert: "w1", "w3", "w2"
};

struct Family
{
    std::string_view modelType;
    WeightNames names;
    /// Fills what this family's config class reads, with its defaults for missing keys. The layers, rope and sites
    /// are completed afterwards by parseArchSpec.
    void (*fill)(ConfigReader& config, ArchSpec& arch);
    double defaultRopeTheta = 10000;
    std::int64_t defaultMaxPositions = 0;
    /// Key of the expert count, and the key that overrules it when the file has it (the reference's attribute_map).
    std::string_view numExpertsKey, numExpertsAlias;
    std::int64_t defaultNumExperts = 0;
};

std::span<const Family> families(); ///< sorted by model type
const Family* findFamily(std::string_view modelType); ///< null: not registered

// Building blocks that more than one family uses.

struct CommonDefaults
{
    std::int64_t vocabSize, hiddenSize, numLayers, numHeads;
    double normEpsilon;
    std::int64_t expertsPerToken;
};
/// vocab_size, hidden_size, num_hidden_layers, num_attention_heads, rms_norm_eps, hidden_act, tie_word_embeddings,
/// num_experts_per_tok; num_hidden_layers LayerSpecs.
void fillCommon(ConfigReader& config, ArchSpec& arch, const CommonDefaults& defaults);
/// head_dim, or hidden_size / num_attention_heads where it is to be derived. (Missing always means that; null does so
/// for mixtral, the other families' reference breaks on it.)
void fillHeadDim(ConfigReader& config, ArchSpec& arch, bool derived);
/// mlp_only_layers and decoder_sparse_step: which layers are dense, `denseIntermediate` wide.
void fillDenseLayers(ConfigReader& config, ArchSpec& arch, std::int64_t denseIntermediate);
/// One sliding window for every layer.
void setWindow(ArchSpec& arch, std::int64_t window);

Activation parseActivation(ConfigReader& config, std::string_view key, Activation fallback);
RopeSpec parseRope(ConfigReader& config, const ArchSpec& arch, double defaultTheta, std::int64_t maxPositions);

}
