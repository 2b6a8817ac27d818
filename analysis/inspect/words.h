// SPDX-License-Identifier: GPL-3.0-or-later
//
// A model in words: what an ArchSpec says, for people.
#pragma once

#include "io/checkpoint/arch_spec.h"

namespace expertscope::inspect {

/// "48, all with a router", "61: 58 with a router (3-60), 3 dense (0-2), 18,432 wide"
std::string layersInWords(const ArchSpec& arch);
/// "128 a layer, 8 chosen, 768 wide, silu; 1 shared, 2,048 wide"
std::string expertsInWords(const ArchSpec& arch);
/// The router grammar from logits to weights: "softmax over all logits, in fp32; the 8 best; weights divided by their sum"
std::string routerInWords(const ArchSpec& arch);
/// "grouped-query, 32 heads of 128 on 4 of keys and values; norm of each head's queries and keys"
std::string attentionInWords(const ArchSpec& arch);
/// What stands in the place of attention in some layers: "gated delta net, 32 heads with a state of 128 x 128 on 16 of …";
/// empty where attention is all there is.
std::string linearInWords(const ArchSpec& arch);
/// "yarn, theta 10,000, 64 of 192 dimensions; 163,840 positions"
std::string positionsInWords(const ArchSpec& arch);
/// "int4, packed in words, 128 columns a scale"; "bfloat16"
std::string storedInWords(const ArchSpec& arch);

}
