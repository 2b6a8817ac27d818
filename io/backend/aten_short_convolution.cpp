// SPDX-License-Identifier: GPL-3.0-or-later
//
// Short convolutions (LFM2) by LibTorch's operators, part by part.
#include "io/backend/aten_layers.h"
#include "io/backend/aten_mixer.h"
#include "io/backend/aten_padding.h"

namespace expertscope {

namespace {

class AtenShortConvolution final : public AtenMixer
{
public:
    explicit AtenShortConvolution(const EngineSetup& setup)
        : m(setup)
    {
    }

    bool inParts() const override { return true; }
    void plan(const std::vector<std::uint32_t>& lengths) override { m_sequences.plan(lengths); }

    void project(const LayerWeights& w, const at::Tensor& x, const Part& part) override
    {
        m_in = linear(x, w.shortConvolution.in, w.shortConvolution.inBias);
        m_padded = padByLength(m_sequences.of(part), part.first, m.device);
    }

    void mix(const LayerSpec&, const LayerWeights& w) override
    {
        const auto& c = w.shortConvolution;
        const std::int64_t hidden = m.arch.hiddenSize;
        const at::Tensor bx = m_in.narrow(1, 0, hidden) * m_in.narrow(1, 2 * hidden, hidden);
        const at::Tensor mixed = at::empty_like(bx);
        at::Tensor before;
        for (const PaddedSequences& padded : m_padded) {
            m.checkStop();
            const at::Tensor rows = padded.pad(bx), known = padded.begun ? m_before : at::Tensor();
            padded.unpad(convolveCausally(rows, known, c.kernel, c.kernelBias), mixed);
            if (padded.goesOn)
                before = lastRows(rows.squeeze(0), known, c.kernel.size(0) - 1);
        }
        m_before = before;
        m_rows = m_in.narrow(1, hidden, hidden) * mixed;
        m_in = at::Tensor();
    }

    at::Tensor rows(const LayerWeights&, const Part&) override { return m_rows; }

    void done() override { m_rows = m_before = at::Tensor(); }

private:
    const EngineSetup m;
    SequenceParts m_sequences;
    std::vector<PaddedSequences> m_padded; ///< of the part
    at::Tensor m_in, m_rows; ///< of the part
    at::Tensor m_before; ///< of the sequence that began before the part
};

}

std::unique_ptr<AtenMixer> makeAtenShortConvolution(const EngineSetup& setup)
{
    return std::make_unique<AtenShortConvolution>(setup);
}

}
