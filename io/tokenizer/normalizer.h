// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "io/tokenizer/json_tree.h"
#include "io/tokenizer/piece.h"
#include "io/tokenizer/regex.h"

#include <array>
#include <memory>
#include <vector>

namespace expertscope::tokenizer {

/// Where a normaliser leaves a text it had to change.
using NormalizerBuffers = std::array<std::string, 2>;

class NormalizerStep
{
public:
    virtual ~NormalizerStep() = default;
    /// Gives `in` itself where nothing changes, else fills `out` and gives that.
    virtual Expected<Piece> apply(Piece in, std::string& out, RegexScratch& scratch) const = 0;
};

/// The file's "normalizer", sequences flattened: Sequence, NFC, NFD, NFKC, NFKD, Lowercase, Strip, StripAccents,
/// Prepend, Replace, ByteLevel, Nmt. Others are refused by name.
class Normalizer
{
public:
    static Expected<Normalizer> load(const JsonValue& value, const std::string& place);

    bool isEmpty() const { return m_steps.empty(); }
    /// The result points into `in` or into `buffers`.
    Expected<Piece> apply(Piece in, NormalizerBuffers& buffers, RegexScratch& scratch) const;

private:
    Expected<void> add(const JsonValue& value, const std::string& place);
    std::vector<std::unique_ptr<const NormalizerStep>> m_steps;
};

}
