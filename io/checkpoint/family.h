// SPDX-License-Identifier: GPL-3.0-or-later
//
// What is particular to a family of models. A new family is one families/NAME.cpp and one line in family_registry.cpp.
#pragma once

#include "io/checkpoint/arch_spec.h"

#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace expertscope {

class ConfigReader;

/// How a family spells the tensors of a layer; everything else is spelt alike in all registered families. Where there
/// are several spellings, files have the first, the reference's memory (and what it saves of that) the others.
struct WeightNames
{
    using Spellings = std::vector<std::string_view>;

    Spellings moeBlocks{"mlp"}; ///< "block_sparse_moe" (files), "mlp" (the reference's memory)
    std::string_view expertGate = "gate_proj", expertUp = "up_proj", expertDown = "down_proj"; ///< of one expert: "w1"
    Spellings router{"gate"}; ///< below the block
    Spellings selectionBias{"gate.e_score_correction_bias"};
    std::string_view shared = "shared_expert"; ///< below the block, or below the layer where it begins with a dot
    Spellings fusedGateUp{"experts.gate_up_proj"}, fusedDown{"experts.down_proj"}; ///< of all experts
    bool interleavedExperts = false; ///< fused ones are [E, in, out], gate and up alternate
    bool sharedFused = false; ///< the shared expert's gate and up are one tensor, input_linear; down is output_linear
    std::string_view attentionNorm = "input_layernorm", mlpNorm = "post_attention_layernorm", finalNorm = "norm";
    std::string_view qNorm = "q_norm", kNorm = "k_norm", attentionOutput = "o_proj";
    std::string_view deltaNet = "linear_attn"; ///< below the layer
    bool deltaNetApart = false; ///< in_proj_qkv, z, b, a; else in_proj_qkvz and in_proj_ba, a key head after the other
    Spellings dense{"mlp"}; ///< below the layer
    std::string_view denseGate = "gate_proj", denseUp = "up_proj", denseDown = "down_proj";
    Spellings prefixes{"model."}; ///< of everything but the head; "" is known everywhere
    Spellings leftOut; ///< beginnings of names of multi-token prediction modules
    Spellings sight; ///< … and of what sees pictures: no token of a text passes it
};

/// What becomes of partial_rotary_factor.
enum class PartialRotary : std::uint8_t
{
    UnreadByDefault, ///< the default kind rotates all dimensions whatever it says; with the others it must mean all
    All, ///< must mean all dimensions
    Some ///< some dimensions of a head may stay unrotated
};

struct Family
{
    std::string_view modelType;
    /// Class names whose checkpoints are of this family whatever model_type says (kimi_k2 is a DeepseekV3ForCausalLM).
    std::vector<std::string_view> classes;
    WeightNames names;
    std::string_view nested; ///< key of the object that says all about the text, in configs of models that also see
    /// Fills what this family's config class reads, with its defaults for missing keys. The layers, rope and sites
    /// are completed afterwards by parseArchSpec.
    void (*fill)(ConfigReader& config, ArchSpec& arch);
    double defaultRopeTheta = 10000;
    bool rotates = true; ///< else nothing is, and what the file says of it is not read
    /// Where the file has no partial_rotary_factor, fill() may have set it.
    PartialRotary partialRotary = PartialRotary::UnreadByDefault;
    bool ntkAlpha = false; ///< the dynamic kind with an alpha stretches theta, for sequences of all lengths alike
    bool mscaleByLength = false; ///< longrope has a scale of short sequences and one of long ones, and is all there is
    std::int64_t defaultMaxPositions = 0;
    std::string_view maxPositionsAlias; ///< overrules max_position_embeddings where the file has it
    /// Key of the expert count, and the key that overrules it when the file has it (the reference's attribute_map).
    std::string_view numExpertsKey, numExpertsAlias;
    std::int64_t defaultNumExperts = 0; ///< 0: there is none, a file must say it
    /// rope_parameters where the file has none, JSON; empty: the default kind.
    std::string_view defaultRope;
    /// What depends on the rotary embedding, once it is read; may be null.
    void (*finish)(ConfigReader& config, ArchSpec& arch) = nullptr;
};

std::span<const Family> families(); ///< sorted by model type
const Family* findFamily(std::string_view modelType); ///< null: not registered
const Family* findFamilyOfClass(std::string_view className); ///< null: not registered

// Building blocks that more than one family uses.

struct CommonDefaults
{
    std::int64_t vocabSize, hiddenSize, numLayers, numHeads;
    double normEpsilon;
    std::int64_t expertsPerToken; ///< 0: a file must say it
    bool tiedEmbeddings = false;
    std::string_view normEpsilonKey = "rms_norm_eps";
};
/// vocab_size, hidden_size, num_hidden_layers, num_attention_heads, rms_norm_eps, hidden_act, tie_word_embeddings,
/// num_experts_per_tok (or `topKKey`); num_hidden_layers LayerSpecs.
void fillCommon(ConfigReader& config, ArchSpec& arch, const CommonDefaults& defaults,
    std::string_view topKKey = "num_experts_per_tok");
/// head_dim, or hidden_size / num_attention_heads where it is to be derived. (Missing always means that; null does so
/// for mixtral, the other families' reference breaks on it.)
void fillHeadDim(ConfigReader& config, ArchSpec& arch, bool derived);
/// mlp_only_layers and decoder_sparse_step: which layers are dense, `denseIntermediate` wide.
void fillDenseLayers(ConfigReader& config, ArchSpec& arch, std::int64_t denseIntermediate);
/// One sliding window for every layer.
void setWindow(ArchSpec& arch, std::int64_t window);
/// Layers that layer_types calls sliding_attention get the window, full_attention none; others are refused.
/// `slidingByDefault` says which slide where the file has no layer_types.
void fillWindowsByType(ConfigReader& config, ArchSpec& arch, std::optional<std::int64_t> window,
    const std::function<bool(std::size_t)>& slidingByDefault);
/// Layers that layer_types calls `type` have that mixer, those called full_attention keep theirs; others are refused.
/// `byDefault` says which have it where the file has no layer_types; without it, a file must.
void fillMixersByType(ConfigReader& config, ArchSpec& arch, std::string_view type, Mixer mixer,
    const std::function<bool(std::size_t)>& byDefault = {});
/// linear_num_key_heads, linear_num_value_heads, linear_key_head_dim, linear_value_head_dim, linear_conv_kernel_dim and
/// layer_types (full_attention_interval where there are none) as the Qwen families have them.
void fillDeltaNet(ConfigReader& config, ArchSpec& arch);
/// What qwen3_next and qwen3_5_moe share: gated attention beside delta nets, norms around one, a gated shared expert.
void fillGatedHybrid(ConfigReader& config, ArchSpec& arch, const CommonDefaults& defaults);
/// What Granite's families share: everything before the layers' experts, with its multipliers.
void fillGranite(ConfigReader& config, ArchSpec& arch);
/// … and how they name their tensors.
Family graniteFamily(std::string_view modelType, void (*fill)(ConfigReader&, ArchSpec&));
/// num_key_value_heads; missing or null: as many as heads.
void fillKvHeads(ConfigReader& config, ArchSpec& arch, std::optional<std::int64_t> fallback = {});

// What the families after DeepSeek share.

struct LatentDefaults
{
    std::int64_t queryRank = 1536, keyValueRank = 512, nopeDim = 128, ropeDim = 64, valueDim = 128;
    std::optional<std::int64_t> kvHeads; ///< num_key_value_heads where the file has none; none: as many as heads
    std::string_view ropeDimAlias; ///< overrules qk_rope_head_dim where the file has it
};
/// num_key_value_heads (as many as heads, or the reference breaks), q_lora_rank (null: none), kv_lora_rank, qk_nope_head_dim, qk_rope_head_dim, v_head_dim, attention_bias.
void fillLatent(ConfigReader& config, ArchSpec& arch, const LatentDefaults& defaults);
/// yarn's mscale_all_dim: the scale of q . k grows with its square. For Family::finish.
void scaleByMscale(ConfigReader& config, ArchSpec& arch);
/// first_k_dense_replace: the first layers are dense, `denseIntermediate` wide.
void fillFirstDense(ConfigReader& config, ArchSpec& arch, std::int64_t fallback, std::int64_t denseIntermediate);

struct SigmoidRouterDefaults
{
    double scaling = 1;
    std::int64_t numGroups = 1, keptGroups = 1;
    bool renormalised = true;
};
/// The router of DeepSeek V3: sigmoid in fp32, chosen with a bias among the best groups, / sum, x scale.
void fillSigmoidRouter(ConfigReader& config, ArchSpec& arch, const SigmoidRouterDefaults& defaults);
/// num_nextn_predict_layers (num_mtp_layers): layers behind the last one that a file may hold.
void fillNextTokenLayers(ConfigReader& config, ArchSpec& arch);
/// Shared experts, `width` each, as one MLP.
/// Refuses a word that relatives of this family have: here it is always `only`.
void expectWord(ConfigReader& config, const ArchSpec& arch, std::string_view key, std::string_view only);
void fillShared(ArchSpec& arch, std::int64_t count, std::int64_t width);

Activation parseActivation(ConfigReader& config, std::string_view key, Activation fallback);
RopeSpec parseRope(ConfigReader& config, const ArchSpec& arch, const Family& family, std::int64_t maxPositions);

}
