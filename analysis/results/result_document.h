// SPDX-License-Identifier: GPL-3.0-or-later
//
// Results with what made them. The files they are kept in are JSON and HDF5, to write and read again, CSV and LaTeX, to
// write: json_writer.h and so on. One schema for all: resources/docs/results-format.md.
#pragma once

#include "analysis/spine/result.h"
#include "io/base/error.h"

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace expertscope::results {

/// Ordered name-value pairs.
using NamedValues = std::vector<std::pair<std::string, std::string>>;
using ParameterMap = std::map<std::string, ParameterValue>; ///< ResultRow::params
using TextMap = std::map<std::string, std::string>; ///< ResultRow::other

/// What made the results; goes into every file.
struct ResultOrigin
{
    std::vector<NamedValues> traces; ///< of each trace: path, uuid, model, tokens, …
    NamedValues tool; ///< name, version
    NamedValues options; ///< as given
    /// The model's layer of each site, told beside it; empty: not known, or traces of different models. Readers know those
    /// of the sites that something is of.
    std::map<SiteIndex, std::uint16_t> layers = {};

    bool operator==(const ResultOrigin&) const = default;
};

struct ResultDocument
{
    ResultOrigin origin;
    Results results;
};

inline constexpr const char* kResultsFormat = "expertscope-results";
inline constexpr const char* kResultsFormatVersion = "1.3.0";

/// What readers are ready to take; more is refused.
inline constexpr std::uint64_t kMostResultRows = 1u << 23;
inline constexpr std::uint64_t kMostMatrixValues = 1u << 28; ///< of all matrices together
inline constexpr std::uint64_t kMostMatrices = 1u << 20;
inline constexpr std::size_t kMostMatrixAxes = 8;

/// The layer of a row's or matrix's site, where it is known.
template <class Row> std::optional<std::uint16_t> layerOf(const Row& row, const ResultOrigin& origin)
{
    const auto found = row.site ? origin.layers.find(*row.site) : origin.layers.end();
    return found == origin.layers.end() ? std::nullopt : std::optional(found->second);
}

/// The second site of a pair, `to_site` in `other`.
std::optional<SiteIndex> secondSite(const TextMap& other);
/// Its layer, where it is known.
template <class Row> std::optional<std::uint16_t> toLayerOf(const Row& row, const ResultOrigin& origin)
{
    const auto site = secondSite(row.other);
    const auto found = site ? origin.layers.find(*site) : origin.layers.end();
    return found == origin.layers.end() ? std::nullopt : std::optional(found->second);
}

/// Fails when not one number of what was asked for could be computed; says why of the first. A command ends with 1 then,
/// after it has written what it has: each row with its reason.
Expected<void> checkComputed(const Results& results);

/// Numbers that no file could keep (infinities, NaN as a value) become undefined, with the reason.
void makeFinite(Results& results);

}
