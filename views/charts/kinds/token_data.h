// SPDX-License-Identifier: GPL-3.0-or-later
//
// What charts of the single tokens of a sequence share: their options, their data, what a mark is about.
#pragma once

#include "analysis/study/token_columns.h"
#include "views/charts/chart.h"

namespace expertscope {

struct TokenData final : ChartData
{
    RoutingShape shape; ///< its sites
    TokenColumns columns;
    QString sequence; ///< "sequence 3 (doc3)"
    std::uint32_t length = 0; ///< of the whole sequence
    QByteArray trace;
    std::string tokens; ///< which of them the scope holds

    std::size_t size() const { return columns.size(); }
    /// The first choice of a token that the scope holds; `site`: place among columns.sites. Else kNoExpert.
    std::uint16_t first(std::size_t site, std::size_t token) const;
    QString lacking() const; ///< that the trace holds no texts; empty: it does
    /// The text of a token as it stands; its id where that is not known.
    QString piece(std::size_t token) const;
    /// "token 17 “ fox”": counted from 0 in its sequence.
    QString tokenText(std::size_t token) const;
    /// "sequence,token,position,id,text," of tables, in that order.
    QByteArray record(std::size_t token) const;
    std::optional<Subject> subject(std::size_t site, std::size_t token) const;
    bool shown(const Subject& wanted) const; ///< some of its marks may be about it
};
using TokenDataPtr = std::shared_ptr<const TokenData>;

/// Of a raster of tokens: where a mark is about what agrees with `wanted`; of rows that `mayHold` it.
std::vector<Mark> marksOfRaster(const Chart& chart, const Strips& strips, const TokenData& data, const Subject& wanted,
    const std::function<bool(std::size_t row)>& mayHold);

inline constexpr const char* kTokenFields = "sequence,token,position,id,text,";

/// "sequence", "from" and "tokens"; `standard`: how many tokens unless asked for.
std::vector<ChartOption> tokenOptions(const char* standard);

/// Errors: those of tokenColumns().
Expected<std::shared_ptr<TokenData>> computeTokens(const Study& study, const ChartQuestion& question,
    std::vector<SiteIndex> sites, Columns columns, const Progress& progress);

/// How often each expert is the first choice of tokens that the scope holds: [E] at a site.
std::vector<std::uint64_t> firstChoices(const TokenData& data, std::size_t site);
/// Experts by how often they are chosen, most first; equal ones by id. Those that are never chosen are left out.
std::vector<std::uint16_t> mostFrequent(const std::vector<std::uint64_t>& counts);

}
