// SPDX-License-Identifier: GPL-3.0-or-later
//
// What the decoder's loop asks for, done in one of two ways: CpuEngine (fp32, fused loops over tiles of tokens) and
// AtenEngine (any number type and device, LibTorch's operators). For .cpp files of io/backend only.
#pragma once

#include "io/backend/decoder.h"
#include "io/backend/model_weights.h"

#include <algorithm>
#include <atomic>
#include <exception>

namespace expertscope {

/// Thrown where a stop was asked for; the decoder catches it, and the batch is given up.
struct Stopped : std::exception
{
    const char* what() const noexcept override { return "stopped"; }
};

/// Tokens [first, first + count) of a batch.
struct Part
{
    std::int64_t first = 0, count = 0;
};

/// What both engines are made of. The weights outlive the engine.
struct EngineSetup
{
    const ArchSpec& arch;
    const ModelWeights& weights;
    ThreadPool& pool;
    at::ScalarType type;
    at::Device device;
    std::uint16_t numSites = 0; ///< M recorded
    std::uint16_t numSlots = 0; ///< K
    std::uint16_t maxExperts = 0;
    bool entropy = true, margin = true, logits = false;
    std::int64_t partTokens = 0; ///< what is not needed of the whole batch at once is made of so many tokens at a time
    const std::atomic<bool>* stop = nullptr;

    bool stopAsked() const { return stop && *stop; }
    void checkStop() const
    {
        if (stopAsked())
            throw Stopped();
    }
    /// function(part) for each part of a batch; a stop is seen between them.
    template <class Function> void overParts(std::int64_t tokens, const Function& function) const
    {
        for (std::int64_t first = 0; first < tokens; first += partTokens) {
            checkStop();
            function(Part{first, std::min(partTokens, tokens - first)});
        }
        checkStop();
    }
};

/// One batch goes through begin(), the layers in order, maybe hidden() and loss(), and finish(). The residual stream
/// lives in the engine. Of a long document only that and the keys and values of one attention exist whole; all else is made
/// part by part. Throws what LibTorch throws, and Stopped; the decoder catches. After a stop a batch is not gone on
/// with.
class Engine
{
public:
    virtual ~Engine() = default;

    virtual void begin(const PackedBatch& batch) = 0;
    /// h += mixed(norm(h)), by what mixes the tokens of that layer: attention or another
    virtual void attend(const LayerSpec& layer, const LayerWeights& w) = 0;
    /// Routes norm(h) of a part and keeps both; records at `column` of the sites unless it is negative.
    virtual void route(const LayerWeights& w, int column, const Part& part) = 0;
    /// h += experts(norm(h)) + shared(norm(h)), as the same part was routed last
    virtual void mix(const LayerWeights& w, const Part& part) = 0;
    /// h += mlp(norm(h))
    virtual void dense(const LayerWeights& w) = 0;
    virtual void hidden() = 0;
    virtual void loss() = 0;
    /// The batch is complete as far as this thread is concerned.
    virtual void finish() = 0;
    /// The oldest finished batch, on the host.
    virtual void collect(BatchRouting& out) = 0;

    virtual std::string expertPath() const = 0;
    virtual std::string attentionPath() const = 0;
};

std::unique_ptr<Engine> makeCpuEngine(const EngineSetup& setup);
std::unique_ptr<Engine> makeAtenEngine(const EngineSetup& setup);

/// cos and sin of each position, [length, rotated / 2] fp32, for sequences of the lengths at hand.
class RopeTables
{
public:
    RopeTables(const RopeSpec& spec, std::int64_t headDim)
        : m_spec(spec)
        , m_headDim(headDim)
    {
    }

    struct Table
    {
        at::Tensor cosine, sine;
    };
    /// Valid until the next call of prepare().
    const Table& forLength(std::int64_t length) const;
    /// Makes the tables that these lengths need.
    void prepare(const std::vector<std::uint32_t>& lengths);

private:
    const RopeSpec& m_spec;
    std::int64_t m_headDim;
    std::vector<std::pair<std::int64_t, Table>> m_tables; ///< by ropeKey()
};

}
