// SPDX-License-Identifier: GPL-3.0-or-later
//
// What layers share that take a batch part by part and carry something from part to part: the last tokens of a short
// convolution, the state of a recurrence. For .cpp files of io/backend only.
#pragma once

#include "io/backend/aten_mixer.h"
#include "io/backend/aten_padding.h"

#include <functional>

namespace expertscope {

class AtenPartsMixer : public AtenMixer
{
public:
    explicit AtenPartsMixer(const EngineSetup& setup)
        : m(setup)
    {
    }

    bool inParts() const override { return true; }
    void plan(const std::vector<std::uint32_t>& lengths) override { m_sequences.plan(lengths); }
    void project(const LayerWeights& w, const at::Tensor& x, const Part& part) override
    {
        m_in = projected(w, x);
        m_padded = padByLength(m_sequences.of(part), part.first, m.device);
    }
    at::Tensor rows(const LayerWeights&, const Part&) override { return m_rows; }
    void done() override { m_rows = m_state = m_before = at::Tensor(); }

protected:
    virtual at::Tensor projected(const LayerWeights& w, const at::Tensor& x) const = 0;

    /// Sequences [n, longest, channels] that were convolved -> what becomes of them [n, longest, …]. `state`: before them,
    /// undefined at their start; after them on return.
    using Recur
        = std::function<at::Tensor(const at::Tensor& convolved, const PaddedSequences& padded, at::Tensor& state)>;
    /// Convolves `x`, of the part, by sequence and puts what `recur` makes of it into `mixed`. Throws Stopped.
    void convolve(const at::Tensor& x, const at::Tensor& kernel, const at::Tensor& bias, const Recur& recur,
        const at::Tensor& mixed);

    const EngineSetup m;
    at::Tensor m_in, m_rows; ///< of the part

private:
    SequenceParts m_sequences;
    std::vector<PaddedSequences> m_padded; ///< of the part
    at::Tensor m_state, m_before; ///< of the sequence that began before the part
};

}
