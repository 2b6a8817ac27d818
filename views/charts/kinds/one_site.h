// SPDX-License-Identifier: GPL-3.0-or-later
//
// What charts of a single router share: the option that names it, and what else they ask of it.
#pragma once

#include "views/charts/chart.h"

namespace expertscope {

/// Its name follows what is pinned in other views.
ChartOption siteOption(std::string meaning = "router, counted from 0 through the model");

/// The router of the option. Error: there is no such site, or the scope leaves it out.
Expected<SiteIndex> chosenSite(const Study& study, const ChartQuestion& question);

/// The scope of a question with these sites alone.
Scope scopeOfSites(const Scope& scope, std::vector<SiteIndex> sites);

/// That no choices are there. `what`: a word for `where` where `tokens` is empty.
tl::unexpected<Error> nothingToDraw(const std::string& tokens, const std::string& what);
/// Why there is nothing to draw: what the results say, where they say something.
tl::unexpected<Error> nothingToDraw(const Results& results, const std::string& tokens, const std::string& what);

}
