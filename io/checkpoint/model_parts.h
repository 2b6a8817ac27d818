// SPDX-License-Identifier: GPL-3.0-or-later
//
// What the parameters of a model belong to, counted from its ArchSpec alone or looked up in a checkpoint.
#pragma once

#include "io/checkpoint/checkpoint.h"

#include <array>
#include <functional>

namespace expertscope {

enum class ModelPart : std::uint8_t
{
    Embedding,
    Head, ///< lm_head, where it is not the embedding
    Norms, ///< of the layers and the last one; those of queries and keys belong to the attention
    Attention, ///< and what stands in its place: delta nets, convolutions
    Routers, ///< rows, biases, selection biases
    Experts, ///< the routed ones
    Shared, ///< shared experts and their gates
    Dense, ///< MLPs of layers without a router
};
inline constexpr std::size_t kNumModelParts = 8;
const char* nameOf(ModelPart part); ///< "shared experts"

/// Parameters. Doubles: exact below 2^53, and no config overflows them.
struct PartCount
{
    double matrices = 0; ///< elements of weights that a vector is multiplied with
    double vectors = 0; ///< of biases, norms, gates of one row

    double all() const { return matrices + vectors; }
};

struct ModelCounts
{
    std::array<PartCount, kNumModelParts> parts;
    double selectionBiases = 0; ///< among the routers' vectors: what the reference library keeps as buffers, mostly
    double expert = 0; ///< of one routed expert
    double active = 0; ///< all but the experts that a token does not choose; the whole embedding counts

    const PartCount& of(ModelPart part) const { return parts[std::size_t(part)]; }
    double all() const;
    /// Matrices that every token passes: all but the routed experts and an embedding that is looked up only.
    double passedMatrices(bool tiedEmbeddings) const;
};

/// What a checkpoint of this model holds, layers for multi-token prediction left out.
ModelCounts countParameters(const ArchSpec& arch);

/// What a sequence keeps for its next token. Of attention values a token: keys and values of each layer, or with latent
/// attention the narrow vector they are made of and the rotated key; layers with a window keep them of its last tokens
/// only. Other mixers keep as much of a sequence of any length.
struct CacheCount
{
    double whole = 0; ///< values a token, of layers that see everything
    double windowed = 0; ///< values a token, of layers with a window
    std::int64_t window = 0; ///< the widest of them
    double state = 0; ///< values of the states of delta nets and state spaces
    double recent = 0; ///< values of the last tokens, as convolutions see them again

    /// Values of so many tokens, without what does not grow with them.
    double values(double tokens) const;
    /// All of it: states in 32 bits, everything else in 16.
    double bytes(double tokens) const;
};
CacheCount countCache(const ArchSpec& arch);

/// Every tensor that is there, each once: a tied head is the embedding.
void forEachTensor(
    const ModelSource& model, const std::function<void(ModelPart, const TensorSource&)>& function);

}
