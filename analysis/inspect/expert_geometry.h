// SPDX-License-Identifier: GPL-3.0-or-later
//
// How the weights of a layer's experts lie to each other and to the rows of its router.
#pragma once

#include "analysis/inspect/router_geometry.h"

#include <functional>

namespace expertscope::inspect {

/// Cosines of router rows with the input rows of experts: a row of gate or up says which states its neuron answers to,
/// a row of the router which states are sent there (geometric coupling, arXiv 2605.12476). Rows of 0 are left out.
struct Coupling
{
    double own = 0; ///< mean over experts of the mean cosine of the router's row with the rows of its own expert
    double ownAbsolute = 0; ///< the same of |cosine|
    double others = 0; ///< mean over experts of the mean cosine of the rows of all *other* router rows with theirs
};

struct ExpertGeometry
{
    std::size_t layer = 0;
    std::size_t hidden = 0, elements = 0; ///< of an input row; of all weights of an expert, biases not counted
    std::string undefinedCoupling; ///< why; empty: there is
    Coupling gate, up;
    std::string undefined; ///< why experts cannot be compared; empty: they can
    /// Cosines of all weights of two experts as one vector each, gate, up and down.
    double meanCosine = 0;
    Pair largest; ///< the largest |cosine|
    std::vector<Pair> alike; ///< the largest cosines
    std::vector<float> cosines; ///< [E, E]
};

struct ExpertReading
{
    std::uint64_t memory = 1ull << 30; ///< bytes of experts held at once, beside two; where not all fit they are read again
    unsigned threads = 1;
    std::function<bool(double)> progress; ///< of 1, of the layer; false: stop. Maybe null
};
/// Reads all experts of a layer that has a router, in fp32. Errors: of reading; stopped.
Expected<ExpertGeometry> expertGeometry(const Checkpoint& checkpoint, std::size_t layer, const ExpertReading& reading);

}
