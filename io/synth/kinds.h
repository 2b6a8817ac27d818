// SPDX-License-Identifier: GPL-3.0-or-later
//
// The kinds of synthetic traces. A new one: a file with its generator, a declaration below, a line in kinds.cpp.
#pragma once

#include "io/synth/generator.h"
#include "io/synth/parameters.h"

#include <memory>

namespace expertscope {

struct SynthKind
{
    std::string name; ///< "U"
    std::string title; ///< one line
    std::vector<SynthParameter> parameters;
    std::function<Expected<std::unique_ptr<Generator>>(const SynthValues&)> make;
};

/// All of them, in the order in which help shows them.
const std::vector<SynthKind>& synthKinds();

/// A kind by its name, with parameters as text: `makeSynthetic("uniform", {{"tokens", "1000"}})`. An error's `where`
/// is the option at fault.
Expected<std::unique_ptr<Generator>> makeSynthetic(
    const std::string& kind, const std::map<std::string, std::string>& given = {});

std::vector<SynthKind> splitmixKinds(); ///< U, B, M
std::vector<SynthKind> markovKinds(); ///< W1 to W4, exflow, markov
SynthKind plantedKind();
SynthKind uniformKind();

}
