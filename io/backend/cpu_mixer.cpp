// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/backend/cpu_mixer.h"

namespace expertscope {

std::unique_ptr<CpuMixer> makeCpuMixer(Mixer mixer, const EngineSetup& setup, CpuAttention& attention)
{
    switch (mixer) {
    case Mixer::Latent:
        return makeCpuLatent(setup, attention);
    case Mixer::DeltaNet:
        return makeCpuDeltaNet(setup);
    case Mixer::StateSpace:
        return makeCpuStateSpace(setup);
    case Mixer::ShortConvolution:
        return makeCpuShortConvolution(setup);
    case Mixer::GroupedQuery:
        break;
    }
    return makeCpuGroupedQuery(setup, attention);
}

}
