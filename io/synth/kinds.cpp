// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/synth/kinds.h"

namespace expertscope {

const std::vector<SynthKind>& synthKinds()
{
    static const std::vector<SynthKind> kKinds = [] {
        std::vector<SynthKind> kinds;
        kinds.push_back(uniformKind());
        kinds.push_back(plantedKind());
        for (SynthKind& kind : markovKinds())
            kinds.push_back(std::move(kind));
        for (SynthKind& kind : splitmixKinds())
            kinds.push_back(std::move(kind));
        return kinds;
    }();
    return kKinds;
}

Expected<std::unique_ptr<Generator>> makeSynthetic(
    const std::string& name, const std::map<std::string, std::string>& given)
{
    for (const SynthKind& kind : synthKinds()) {
        if (kind.name != name)
            continue;
        ES_ASSIGN(const auto values, SynthValues::resolve(kind.parameters, given));
        return kind.make(values);
    }
    return fail("there is no such kind of synthetic trace", name);
}

}
