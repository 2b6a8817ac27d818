// SPDX-License-Identifier: GPL-3.0-or-later
//
// A checkpoint in the Hugging Face layout: config.json, *.safetensors, tokenizer.json.
#pragma once

#include "io/checkpoint/arch_spec.h"
#include "io/checkpoint/element_type.h"
#include "io/checkpoint/quantisation.h"

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>

namespace expertscope {

struct StoredTensor;

/// Where the values of one parameter lie. Row-major, little-endian, contiguous.
struct TensorSource
{
    std::string name; ///< in the file, for errors
    std::uint32_t file = 0; ///< index into Checkpoint::files()
    std::uint64_t offset = 0; ///< bytes from the start of the file
    ElementType type = ElementType::F32;
    std::vector<std::int64_t> shape;
    bool transposed = false; ///< the file holds [in, out] where the decoder wants [out, in]
    bool interleaved = false; ///< outputs alternate between gate and up where the decoder wants all gates first
    /// Not plain numbers: `shape` is of what they stand for, `type` what they are rounded to. Only readValues() reads them.
    std::shared_ptr<const StoredTensor> stored;

    bool present() const { return !shape.empty(); }
    std::uint64_t numElements() const
    {
        std::uint64_t n = 1;
        for (auto d : shape)
            n *= static_cast<std::uint64_t>(d);
        return n;
    }
};

/// The parts of a weight that is not stored as plain numbers.
struct StoredTensor
{
    Quantisation how;
    TensorSource values, scales, zeros, groups; ///< those that the form has
};

/// gate, up [I, H] or both at once, gateUp [2I, H]; down [H, I]; biases alike.
struct MlpSource
{
    TensorSource gate, up, gateUp, down;
    TensorSource gateBias, upBias, gateUpBias, downBias;

    bool present() const { return gate.present() || gateUp.present(); }
};

/// Of a gated DeltaNet. Projections of the hidden state [out, H] in one of two forms.
struct DeltaNetSource
{
    TensorSource qkv, z, b, a; // all queries, all keys, all values; one b and a a value head
    TensorSource qkvz, ba; // … or of each key head its q, its k, v of its value heads, then z; its b, then a
    // Kimi's: q, k, v apart, b; a and z in two steps, [keyDim, H] and [heads keyDim, keyDim].
    TensorSource q, k, v, aDown, aUp, zDown, zUp;
    TensorSource kernel; // [channels of q, k, v; 1; tokens], the last token last; or apart:
    TensorSource qKernel, kKernel, vKernel;
    TensorSource logDecay, stepBias; // [value heads]; Kimi's bias [heads keyDim]
    TensorSource norm; // [valueDim]
};

/// Of Mamba-2.
struct StateSpaceSource
{
    TensorSource in, inBias; // [projected, H]: z; x, B, C; steps
    TensorSource kernel, kernelBias; // [channels of x, B, C; 1; tokens]
    TensorSource logDecay, skip, stepBias; // [heads]
    TensorSource norm; // [width]
};

struct ShortConvolutionSource
{
    TensorSource in, inBias; // [3 H, H]: b, c, x
    TensorSource kernel, kernelBias; // [H, 1, tokens]
};

/// Weights of one decoder layer by role. Absent ones are !present(). Shapes are checked against the ArchSpec.
struct LayerSource
{
    TensorSource attentionNorm, mlpNorm; // [H]
    TensorSource attentionNormBias, mlpNormBias; // [H], of LayerNorm
    TensorSource q, k, v; // [out, in]; with gated attention q [2 heads D, H]: of each head its query, then its gate
    TensorSource o; // [H, in], of whatever mixes the tokens
    TensorSource qBias, kBias, vBias, oBias; // [out]
    TensorSource qNorm, kNorm; // [head_dim] or [width]
    TensorSource sinks; // [heads]
    // Latent attention: q is made of queryRank values where there is qDown, else of the hidden state.
    TensorSource qDown, qDownBias, qDownNorm; // [queryRank, H]
    TensorSource kvDown, kvDownBias, kvDownNorm; // [keyValueRank + ropeDim, H]; the norm is of the first keyValueRank
    TensorSource kvUp; // [heads (nopeDim + valueDim), keyValueRank]
    DeltaNetSource deltaNet;
    ShortConvolutionSource shortConvolution;
    StateSpaceSource stateSpace;
    TensorSource router, routerBias, selectionBias; // [E, H], [E], [E]
    std::vector<MlpSource> experts; // [E]; slices of a fused tensor have its offset added
    MlpSource dense; // where the layer is not MoE
    MlpSource shared;
    TensorSource sharedGate; // [1, H]
};

struct ModelSource
{
    TensorSource embedding; // [V, H]
    TensorSource finalNorm, finalNormBias; // [H]
    TensorSource lmHead; // [V, H]; = embedding when tied; may be absent: capture does not need it
    TensorSource headBias; // [V]
    std::vector<LayerSource> layers;
};

class Checkpoint
{
public:
    /// Reads config and headers, checks every tensor (unknown or missing: a named error), reads no weights.
    static Expected<Checkpoint> open(const std::filesystem::path& folder);

    const std::filesystem::path& folder() const;
    const ArchSpec& arch() const;
    const std::string& configJson() const;
    const ModelSource& weights() const;
    const std::vector<std::filesystem::path>& files() const;
    std::uint64_t weightBytes() const;
    /// SHA-256 over the sizes and headers of all weight files, hexadecimal: cheap identity of the weights.
    const std::string& weightHash() const;
    /// What the files hold and a capture leaves out, a line each, for the user to see.
    const std::vector<std::string>& notes() const;

    /// Reads the raw bytes of `tensor`, [first, first + destination.size()) of it, with pread: safe from several
    /// threads; a file that shrank or failed gives a named error, never a signal.
    Expected<void> read(const TensorSource& tensor, std::uint64_t first, std::span<std::byte> destination) const;

    /// All values of a parameter in fp32, in the order of its shape. What is not stored as plain numbers is not yet
    /// rounded to `type`.
    Expected<std::vector<float>> readValues(const TensorSource& tensor) const;

    Checkpoint(Checkpoint&&) noexcept;
    Checkpoint& operator=(Checkpoint&&) noexcept;
    ~Checkpoint();

private:
    struct Private;
    explicit Checkpoint(std::unique_ptr<Private> d);
    std::unique_ptr<Private> d;
};

}
