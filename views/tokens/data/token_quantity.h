// SPDX-License-Identifier: GPL-3.0-or-later
//
// What tokens can be coloured by, and what a colour then means.
#pragma once

#include "views/paint/categories.h"
#include "views/paint/colour_table.h"
#include "views/paint/style.h"
#include "views/tokens/data/token_parts.h"

#include <QString>

#include <map>
#include <optional>
#include <span>
#include <string>

namespace expertscope {

struct ColourSample;

inline constexpr const char *kFirstChoice = "first-choice", *kPinned = "pinned-experts", *kWeight = "weight",
                            *kMargin = "margin", *kEntropy = "entropy", *kRank = "pinned-rank", *kLoss = "loss";

std::vector<std::string> tokenQuantities();
bool isKeyed(const std::string& quantity); ///< coloured by size; else by name
/// "Router entropy (nats)".
QString quantityTitle(const std::string& quantity);
/// Why a trace cannot be coloured by it, with the option of `expertscope capture` that records it; empty: it can.
QString quantityNeeds(const std::string& quantity, const TraceSummary& summary, const RoutingShape& shape);

/// Of a token; NaN: none. What is null is not known yet. Of kFirstChoice the expert, of kPinned 0 when none of `pins`
/// is chosen, 1 + its place when one is, 1 + their number when several are.
float tokenValue(const std::string& quantity, const TokenTexts* texts, const SiteChoices* choices,
    const ExpertRanks* ranks, std::span<const ExpertIndex> pins, std::size_t token);

/// What the colours of one site mean.
struct SiteColours
{
    Categories categories; ///< of names
    std::optional<ColourScale> scale; ///< of sizes
    std::vector<ExpertIndex> pins; ///< pinned experts of this site
    bool byRank = false; ///< categories are ranks by how often experts come first, as of rows below the text

    /// Of a value of tokenValue(); none: no colour.
    std::optional<QColor> of(float value, const Style& style) const;
};

/// What is shown, from what is known of it.
struct ColourQuestion
{
    std::string quantity = kFirstChoice;
    SiteIndex site; ///< of the text
    std::vector<SiteIndex> rows; ///< of the rows below it
    std::map<SiteIndex, std::vector<ExpertIndex>> pins; ///< pinned experts, in the order in which they were pinned

    bool operator==(const ColourQuestion&) const = default;
};

struct TokenColours
{
    ColourQuestion question;
    std::map<SiteIndex, SiteColours> sites;
    QString title; ///< "Router entropy (nats), layer 5"
    QString note; ///< what a reader must know, or do, to understand the colours; may be empty
};

/// `sample` null: not there yet, names and sizes have no colours then.
TokenColours tokenColours(
    const ColourQuestion& question, const ColourSample* sample, const TraceSummary& summary, const RoutingShape& shape);

}
