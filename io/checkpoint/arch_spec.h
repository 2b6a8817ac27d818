// SPDX-License-Identifier: GPL-3.0-or-later
//
// ArchSpec: what config.json says, in the words of the one decoder. Filled per model_type (family registry).
#pragma once

#include "io/base/error.h"
#include "io/checkpoint/quantisation.h"
#include "io/trace/routing.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace expertscope {

/// What the reference's ACT2FN offers, without the ones that have parameters of their own (prelu, xielu).
enum class Activation : std::uint8_t
{
    Silu,
    Gelu, ///< 0.5 x (1 + erf(x / sqrt 2))
    GeluTanh, ///< 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))): gelu_new, gelu_fast, gelu_pytorch_tanh, …
    Relu,
    QuickGelu, ///< x sigmoid(1.702 x)
    GeluClipped10, ///< Gelu clipped to [-10, 10]
    HardSwish,
    Laplace, ///< 0.5 (1 + erf((x - 0.707107) / (0.282095 sqrt 2)))
    LeakyRelu, ///< slope 0.01
    Linear,
    Mish,
    ReluSquared,
    Relu6,
    Sigmoid,
    SqrtSoftplus,
    Tanh,
};
enum class QkNorm : std::uint8_t
{
    None,
    PerHead,
    PerHeadAfterRope, ///< of each head once it is rotated
    FullWidth
};

/// What the norms of a layer (and the last one) are.
enum class NormKind : std::uint8_t
{
    Rms,
    RmsAroundOne, ///< files hold weight - 1, of the norms of queries and keys, too; weights take part in fp32
    LayerNorm ///< mean taken off, weight and bias
};

/// Where a layer's two norms stand.
enum class NormPlace : std::uint8_t
{
    Before, ///< h + f(norm(h))
    After ///< h + norm(f(h))
};

enum class RopeKind : std::uint8_t
{
    Default,
    Linear,
    Dynamic,
    Yarn,
    LongRope,
    Llama3,
    Proportional
};

/// Rotary embedding; parameters as the reference library names them (transformers 5.24, modeling_rope_utils.py).
/// Inverse frequencies f[0 .. ceil(d / 2)) turn the first so many pairs of dimensions of a head (of its rotated part
/// with latent attention); cos and sin of position * f[i] are multiplied by attentionScaling. A pair is (i, i + half),
/// or (2i, 2i + 1) where `interleaved`. With d = rotaryDim, b = theta, p[i] = b^(2i/d):
///
/// - Default: 1/p. Linear: 1/p/factor.
/// - Dynamic: as Default, while n = length of the sequence is at most maxPositions; for longer ones with
///   b (factor n / maxPositions - (factor - 1))^(d/(d-2)) in place of b. (The reference remembers the longest n of the
///   process until one shorter than maxPositions comes; with fresh state a sequence it is this.)
/// - LongRope: 1/(shortFactor[i] p[i]), or longFactor[i] for every position of a sequence longer than
///   originalMaxPositions.
/// - Yarn: 1/p and 1/(factor p) blended by the ramp between the dimensions that betaFast and betaSlow name
///   (rounded outwards when `truncate`), over originalMaxPositions.
/// - Llama3: by wavelength w = 2 pi p: 1/p where w < originalMaxPositions/highFrequencyFactor, 1/p/factor where
///   w > originalMaxPositions/lowFrequencyFactor, between them blended.
/// - Proportional: d = head_dim, 1/p/factor for i < floor(partialFactor head_dim / 2), 0 from there on.
///
/// The reference computes all of it in fp32 (exponents 2i/d rounded to fp32 first); an inverse frequency that differs
/// in the last place shows at large positions.
struct RopeSpec
{
    RopeKind kind = RopeKind::Default;
    double theta = 10000;
    double partialFactor = 1; ///< as in the file; what it means for d is in rotaryDim
    std::int64_t rotaryDim = 0; ///< d: int(head_dim * partialFactor)
    bool interleaved = false; ///< pairs of neighbours, not of halves
    double attentionScaling = 1; ///< resolved from attentionFactor, mscale, factor as the kind prescribes
    std::optional<double> longAttentionScaling; ///< longrope: … of a sequence beyond originalMaxPositions (phimoe)
    double factor = 1; ///< for yarn and longrope resolved: maxPositions / originalMaxPositions where the file has none
    std::int64_t maxPositions = 0; ///< max_position_embeddings
    std::int64_t originalMaxPositions =
        0; ///< original_max_position_embeddings, maxPositions where not given (yarn, longrope, llama3)
    std::optional<double> attentionFactor;
    std::optional<double> mscale, mscaleAllDim; // yarn
    double betaFast = 32, betaSlow = 1; // yarn
    bool truncate = true; // yarn
    double lowFrequencyFactor = 1, highFrequencyFactor = 4; // llama3
    std::vector<double> shortFactor, longFactor; // longrope, one a pair

    bool operator==(const RopeSpec&) const = default;
};

/// What a group of experts is worth to a router that chooses among groups first.
enum class GroupScore : std::uint8_t
{
    Max, ///< its best expert's selection score
    TopTwo ///< the sum of its best two
};

/// A point of the router grammar (models_and_engines A.0) as far as the registered families need it. An expert's
/// selection score is score(logit) + its selection bias; its weight is made of score(logit) alone.
struct RouterSpec
{
    std::int64_t numExperts = 0;
    std::int64_t topK = 0;
    ScoreFunction score = ScoreFunction::Softmax;
    Renormalisation renormalisation = Renormalisation::None;
    double renormEpsilon = 0; ///< added to the sum
    double renormFloor = 0; ///< the sum is at least this
    double scaling = 1;
    bool selectionBias = false;
    std::int64_t numGroups = 1; ///< equal runs of expert ids, …
    std::int64_t keptGroups = 1; ///< … of which the best so many are chosen from
    GroupScore groupScore = GroupScore::Max;
    double jitter = 0; ///< SparseMixer: half the relative gap below the best logit within which experts share a weight
    bool fp32Logits = false; ///< router matmul in fp32 whatever the model's dtype
    bool hasBias = false;
    bool fp32Weights = false; ///< weights stay fp32 (mixtral) instead of being cast to the model's dtype

    bool operator==(const RouterSpec&) const = default;
};

/// What mixes the tokens of a layer.
enum class Mixer : std::uint8_t
{
    GroupedQuery, ///< attention, as many heads of keys and values as heads or fewer
    Latent, ///< attention, LatentAttention
    DeltaNet, ///< a state that goes from token to token, DeltaNet
    ShortConvolution, ///< the last few tokens, ShortConvolution
    StateSpace, ///< a state that goes from token to token and corrects nothing, StateSpace
};
inline constexpr std::size_t kNumMixers = 5;

struct LayerSpec
{
    Mixer mixer = Mixer::GroupedQuery;
    bool moe = true;
    std::int64_t slidingWindow = 0; ///< 0 = full causal attention; w = keys in (q - w, q]
    std::int64_t denseIntermediate = 0; ///< width of the dense MLP where !moe

    bool operator==(const LayerSpec&) const = default;
};

/// Multi-head latent attention (DeepSeek V2): keys and values of all heads are made of one narrow vector a token, and
/// one rotated key is shared by all heads. ArchSpec::headDim is nopeDim + ropeDim.
struct LatentAttention
{
    std::int64_t queryRank = 0; ///< queries are made of a narrow vector, too; 0: of the hidden state
    std::int64_t keyValueRank = 0;
    std::int64_t nopeDim = 0, ropeDim = 0; ///< of a query and key: what is not rotated, then what is
    std::int64_t valueDim = 0;

    bool operator==(const LatentAttention&) const = default;
};

/// Gated DeltaNet (arXiv 2412.06464), linear attention whose state corrects what it recalls. q, k, v are projections of
/// the hidden state, each channel run through a causal convolution over the last `kernel` tokens and the activation; q and
/// k of a head are divided by their length, q by sqrt(keyDim) as well. Each value head has a state S [keyDim, valueDim],
/// 0 before the first token of a sequence, and with the token's decay a = exp(-exp(A) softplus(x_a + bias)) and rate
/// b = sigmoid(x_b), x_a and x_b being projections of one number a head:
///
///     S = a S;  S = S + b k (v - S^T k)^T;  o = S^T q
///
/// What goes on is rms(o) silu(z), z a projection as wide as the values. Value heads share key heads, in equal runs.
///
/// Kimi Delta Attention (arXiv 2510.26692) decays each row of S by its own a: A is of a head, bias and x_a of a key's
/// channel. x_a and z are made of narrow vectors as wide as a head, and what goes on is rms(o) sigmoid(z). There are as
/// many key heads as value heads, of one size.
struct DeltaNet
{
    std::int64_t keyHeads = 0, valueHeads = 0;
    std::int64_t keyDim = 0, valueDim = 0; ///< of a head
    std::int64_t kernel = 0; ///< tokens that the convolution sees
    bool byChannel = false; ///< Kimi's

    std::int64_t keyWidth() const { return keyHeads * keyDim; }
    std::int64_t valueWidth() const { return valueHeads * valueDim; }
    std::int64_t convolved() const { return 2 * keyWidth() + valueWidth(); } ///< channels: q, k, v
    std::int64_t projected() const ///< of the hidden state: q, k, v, then z, b, a; Kimi's b and the narrow vectors of a, z
    {
        return convolved() + (byChannel ? valueHeads + 2 * keyDim : valueWidth() + 2 * valueHeads);
    }

    bool operator==(const DeltaNet&) const = default;
};

/// b, c and x of H channels each are projections of the hidden state; what goes on is c conv(b x), a causal convolution
/// of each channel over the last `kernel` tokens (LFM2).
struct ShortConvolution
{
    std::int64_t kernel = 0;
    bool bias = false; ///< of the projections and the convolution

    bool operator==(const ShortConvolution&) const = default;
};

/// Mamba-2 (arXiv 2405.21060). z, then x, B and C, then one number a head are projections of the hidden state; x, B, C are
/// run through a causal convolution and the activation. Each head has a state S [stateDim, headDim], 0 before the first
/// token, and with the token's step t = clamp(softplus(its number + bias)) and decay exp(-exp(A) t):
///
///     S = exp(-exp(A) t) S + B (t x)^T;  y = S^T C + D x
///
/// What goes on is rms(y silu(z)), the norm over each group's channels. Heads share B and C by groups, in equal runs.
struct StateSpace
{
    std::int64_t heads = 0, groups = 1;
    std::int64_t headDim = 0, stateDim = 0;
    std::int64_t kernel = 0; ///< tokens that the convolution sees
    bool convolutionBias = true, projectionBias = false;
    double leastStep = 0, mostStep = 0;

    std::int64_t width() const { return heads * headDim; }
    std::int64_t convolved() const { return width() + 2 * groups * stateDim; } ///< channels: x, B, C
    std::int64_t projected() const { return width() + convolved() + heads; }

    bool operator==(const StateSpace&) const = default;
};

/// gate and up clamped, then (up + 1) gate sigmoid(alpha gate): gpt_oss.
struct ClampedGlu
{
    double alpha = 1.702;
    double limit = 7; ///< gate at most this; up within ± this

    bool operator==(const ClampedGlu&) const = default;
};

struct ArchSpec
{
    std::string modelType;
    std::string family; ///< that of the registry which reads it; mostly the model type itself
    std::string architecture;
    std::string dtype; ///< as config.json says: "bfloat16", …; may be empty
    std::int64_t hiddenSize = 0, vocabSize = 0;
    std::int64_t numHeads = 0, numKvHeads = 0, headDim = 0;
    std::optional<LatentAttention> latent; ///< of layers that have it, as are the next three
    std::optional<DeltaNet> deltaNet;
    std::optional<StateSpace> stateSpace;
    std::optional<ShortConvolution> shortConvolution;
    bool qkvBias = false, outputBias = false; ///< latent: of what comes from the hidden state, where it has a rank
    bool gatedAttention = false; ///< what a head attends to is scaled by sigmoid of a gate as wide, made with its query
    bool sinks = false; ///< each head has a logit beside its keys that takes weight and gives nothing
    QkNorm qkNorm = QkNorm::None;
    double latentNormEpsilon = 1e-6; ///< of the norms of the narrow vectors
    std::optional<double> clipQkv; ///< q, k, v clamped to [-clip, clip] after the qk norm, before the rotary embedding
    std::optional<double> attentionScale; ///< of q . k; none: 1 / sqrt(headDim)
    RopeSpec rope;
    NormKind normKind = NormKind::Rms;
    NormPlace normPlace = NormPlace::Before;
    double normEpsilon = 1e-6;
    Activation activation = Activation::Silu;
    std::optional<ClampedGlu> clampedGlu; ///< of the experts, in place of activation(gate) up
    bool tiedEmbeddings = false;
    bool headBias = false;
    double embeddingMultiplier = 1, residualMultiplier = 1, logitsDivisor = 1; ///< granite
    RouterSpec router;
    std::int64_t expertIntermediate = 0;
    bool expertBias = false; ///< of the routed experts' projections
    bool mlpBias = false; ///< of the dense and shared MLPs' projections
    std::int64_t sharedIntermediate = 0; ///< 0 = no shared expert (or one of width 0: it adds nothing)
    std::int64_t numShared = 0; ///< experts that the shared one stands for
    bool sharedGated = false; ///< shared expert scaled by sigmoid of its own gate
    std::int64_t nextTokenLayers = 0; ///< multi-token prediction layers behind the last one, which are not run
    std::optional<Quantisation> quantisation; ///< how weights may be stored that are not plain numbers
    std::vector<LayerSpec> layers;
    std::vector<Site> sites; ///< one a MoE layer, in order

    std::int64_t ropeHeadDim() const { return latent ? latent->ropeDim : headDim; }
    std::int64_t valueDim() const { return latent ? latent->valueDim : headDim; }
    bool has(Mixer mixer) const; ///< in some layer
    bool attends() const { return has(Mixer::GroupedQuery) || has(Mixer::Latent); }

    bool operator==(const ArchSpec&) const = default;
};

/// ArchSpec of a config.json text. `where` names the file in errors. Unknown model_type, unknown rope kind, unknown
/// activation, a quantisation we cannot read: a named error.
Expected<ArchSpec> parseArchSpec(const std::string& configJson, const std::string& where);

/// model_type strings of the registry, sorted.
std::vector<std::string> knownModelTypes();

}
