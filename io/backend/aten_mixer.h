// SPDX-License-Identifier: GPL-3.0-or-later
//
// What mixes the tokens of a layer, by LibTorch's operators: from normalised hidden states to what is projected back to
// them. For .cpp files of io/backend only.
#pragma once

#include "io/backend/aten_attention.h"

namespace expertscope {

/// A layer goes through a batch: project(), mix() and rows() of each part in turn where it takes the batch in parts;
/// else project() of all parts, mix(), rows() of all parts. Then done().
class AtenMixer
{
public:
    virtual ~AtenMixer() = default;

    virtual bool inParts() const = 0;
    /// Once a batch.
    virtual void plan(const std::vector<std::uint32_t>&) {}
    /// x [tokens of the part, H]: normalised hidden states.
    virtual void project(const LayerWeights& w, const at::Tensor& x, const Part& part) = 0;
    virtual void mix(const LayerSpec& layer, const LayerWeights& w) = 0;
    /// [tokens of the part, inputs of w.o]
    virtual at::Tensor rows(const LayerWeights& w, const Part& part) = 0;
    virtual void done() {}
};

std::unique_ptr<AtenMixer> makeAtenMixer(Mixer mixer, const EngineSetup& setup, const AtenAttention& attention);
// … of each kind:
std::unique_ptr<AtenMixer> makeAtenGroupedQuery(const EngineSetup& setup, const AtenAttention& attention);
std::unique_ptr<AtenMixer> makeAtenLatent(const EngineSetup& setup, const AtenAttention& attention);
std::unique_ptr<AtenMixer> makeAtenDeltaNet(const EngineSetup& setup);
std::unique_ptr<AtenMixer> makeAtenStateSpace(const EngineSetup& setup);
std::unique_ptr<AtenMixer> makeAtenShortConvolution(const EngineSetup& setup);

/// Attention of either kind: the heads of all parts, then what they attend to.
class AtenAttentionMixer : public AtenMixer
{
public:
    AtenAttentionMixer(const EngineSetup& setup, const AtenAttention& attention)
        : m(setup)
        , m_attention(attention)
    {
    }

    bool inParts() const override { return false; }
    void plan(const std::vector<std::uint32_t>& lengths) override;
    void project(const LayerWeights& w, const at::Tensor& x, const Part& part) override;
    void mix(const LayerSpec& layer, const LayerWeights& w) override;
    at::Tensor rows(const LayerWeights& w, const Part& part) override;
    void done() override;

protected:
    virtual AttentionHeads heads(const LayerWeights& w, const at::Tensor& x, const Part& part) const = 0;

    const EngineSetup m;
    const AtenAttention& m_attention;

private:
    std::int64_t m_tokens = 0;
    AttentionHeads m_heads;
    at::Tensor m_attended;
};

/// A causal convolution of each channel: x [sequences, tokens, channels], kernel [taps, channels], what came before
/// [taps - 1, channels] of a single sequence, or undefined: nothing. `bias` may be undefined.
at::Tensor convolveCausally(
    const at::Tensor& x, const at::Tensor& before, const at::Tensor& kernel, const at::Tensor& bias);
/// The last rows of [before; x], as the next part's tokens see them. x [tokens, channels] of one sequence.
at::Tensor lastRows(const at::Tensor& x, const at::Tensor& before, std::int64_t count);

}
