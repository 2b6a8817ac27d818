// SPDX-License-Identifier: GPL-3.0-or-later
//
// What mixes the tokens of a layer, in fp32 on the CPU: from normalised hidden states to what is projected back to them.
// For .cpp files of io/backend only.
#pragma once

#include "io/backend/engine.h"

namespace expertscope {

class CpuAttention;

/// A layer goes through a part of the batch: begin(), project() for all its tokens, mix(), rows() for all its tokens.
/// project() and rows() are called tile by tile from several workers, the others by one thread.
class CpuMixer
{
public:
    virtual ~CpuMixer() = default;

    /// Does it take a batch part by part? Else all tokens are one part.
    virtual bool inParts() const = 0;
    /// Once a batch.
    virtual void plan(const PackedBatch&) {}
    virtual void begin(const Part& part) = 0;
    /// The tokens [first, first + x.size(0)), whose normalised hidden states x are.
    virtual void project(const LayerWeights& w, const at::Tensor& x, std::int64_t first, int worker) = 0;
    /// Throws Stopped, or ends early on a stop.
    virtual void mix(const LayerSpec& layer, const LayerWeights& w) = 0;
    /// [n, inputs of w.o] of the tokens [first, first + n).
    virtual at::Tensor rows(const LayerWeights& w, std::int64_t first, std::int64_t n) = 0;
};

std::unique_ptr<CpuMixer> makeCpuMixer(Mixer mixer, const EngineSetup& setup, CpuAttention& attention);
// … of each kind:
std::unique_ptr<CpuMixer> makeCpuGroupedQuery(const EngineSetup& setup, CpuAttention& attention);
std::unique_ptr<CpuMixer> makeCpuLatent(const EngineSetup& setup, CpuAttention& attention);
std::unique_ptr<CpuMixer> makeCpuDeltaNet(const EngineSetup& setup);
std::unique_ptr<CpuMixer> makeCpuStateSpace(const EngineSetup& setup);
std::unique_ptr<CpuMixer> makeCpuShortConvolution(const EngineSetup& setup);

}
