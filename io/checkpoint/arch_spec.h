// SPDX-License-Identifier: GPL-3.0-or-later
//
// ArchSpec: what config.json says, in the words of the one decoder. Filled per model_type (family registry).
#pragma once

#include "io/base/error.h"
#include "io/trace/routing.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace expertscope {

enum class Activation : std::uint8_t { Silu, Gelu, GeluTanh, Relu, QuickGelu }; ///< grows with what the reference's ACT2FN offers
enum class QkNorm : std::uint8_t { None, PerHead, FullWidth };

enum class RopeKind : std::uint8_t { Default, Linear, Dynamic, Yarn, LongRope, Llama3 };

/// Rotary embedding, half-split ("NeoX") layout; parameters as the reference library names them.
struct RopeSpec
{
    RopeKind kind = RopeKind::Default;
    double theta = 10000;
    double partialFactor = 1; ///< share of head_dim that is rotated
    double factor = 1;
    std::int64_t maxPositions = 0;         ///< max_position_embeddings
    std::int64_t originalMaxPositions = 0; ///< original_max_position_embeddings; 0 = not given
    std::optional<double> attentionFactor;
    std::optional<double> mscale, mscaleAllDim;         // yarn
    double betaFast = 32, betaSlow = 1;                 // yarn
    bool truncate = true;                               // yarn
    double lowFrequencyFactor = 1, highFrequencyFactor = 4; // llama3
    std::vector<double> shortFactor, longFactor;        // longrope
};

/// A point of the router grammar (models_and_engines A.0) as far as the registered families need it.
struct RouterSpec
{
    std::int64_t numExperts = 0;
    std::int64_t topK = 0;
    ScoreFunction score = ScoreFunction::Softmax;
    Renormalisation renormalisation = Renormalisation::None;
    double renormEpsilon = 0;
    double scaling = 1;
    bool fp32Logits = false; ///< router matmul in fp32 whatever the model's dtype
    bool hasBias = false;
};

struct LayerSpec
{
    bool moe = true;
    std::int64_t slidingWindow = 0; ///< 0 = full causal attention; w = keys in (q - w, q]
    std::int64_t denseIntermediate = 0; ///< width of the dense MLP where !moe
};

struct ArchSpec
{
    std::string modelType;
    std::string architecture;
    std::string dtype; ///< as config.json says: "bfloat16", …; may be empty
    std::int64_t hiddenSize = 0, vocabSize = 0;
    std::int64_t numHeads = 0, numKvHeads = 0, headDim = 0;
    bool qkvBias = false, outputBias = false;
    QkNorm qkNorm = QkNorm::None;
    std::optional<double> clipQkv;
    RopeSpec rope;
    double normEpsilon = 1e-6;
    Activation activation = Activation::Silu;
    bool tiedEmbeddings = false;
    RouterSpec router;
    std::int64_t expertIntermediate = 0;
    std::int64_t sharedIntermediate = 0; ///< 0 = no shared expert
    bool sharedGated = false;            ///< shared expert scaled by sigmoid of its own gate
    std::vector<LayerSpec> layers;
    std::vector<Site> sites; ///< one a MoE layer, in order
};

/// ArchSpec of a config.json text. `where` names the file in errors. Unknown model_type, unknown rope kind, unknown
/// activation, a quantisation we cannot read: a named error.
Expected<ArchSpec> parseArchSpec(const std::string& configJson, const std::string& where);

/// model_type strings of the registry, sorted.
std::vector<std::string> knownModelTypes();

}
