// SPDX-License-Identifier: GPL-3.0-or-later
//
// Short convolutions (LFM2) by LibTorch's operators, part by part.
#include "io/backend/aten_layers.h"
#include "io/backend/aten_parts_mixer.h"

namespace expertscope {

namespace {

class AtenShortConvolution final : public AtenPartsMixer
{
public:
    using AtenPartsMixer::AtenPartsMixer;

    void mix(const LayerSpec&, const LayerWeights& w) override
    {
        const auto& c = w.shortConvolution;
        const std::int64_t hidden = m.arch.hiddenSize;
        const at::Tensor bx = m_in.narrow(1, 0, hidden) * m_in.narrow(1, 2 * hidden, hidden);
        const at::Tensor mixed = at::empty_like(bx);
        const auto asItIs = [](const at::Tensor& convolved, const PaddedSequences&, at::Tensor&) { return convolved; };
        convolve(bx, c.kernel, c.kernelBias, asItIs, mixed);
        m_rows = m_in.narrow(1, hidden, hidden) * mixed;
        m_in = at::Tensor();
    }

private:
    at::Tensor projected(const LayerWeights& w, const at::Tensor& x) const override
    {
        return linear(x, w.shortConvolution.in, w.shortConvolution.inBias);
    }
};

}

std::unique_ptr<AtenMixer> makeAtenShortConvolution(const EngineSetup& setup)
{
    return std::make_unique<AtenShortConvolution>(setup);
}

}
