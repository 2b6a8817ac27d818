// SPDX-License-Identifier: GPL-3.0-or-later
//
// How wide figures of a venue are and how large their text is: dated files in resources/venues, one each, which
// figure.qrc lists.
#pragma once

#include "io/base/error.h"
#include "views/figure/figure_spec.h"

#include <QString>

#include <vector>

namespace expertscope {

struct Venue
{
    std::string name; ///< "icml"
    QString title; ///< "ICML"
    int year = 0; ///< of the rules that it follows
    double columnMm = 0, fullMm = 0; ///< alike where there is one column
    double maxHeightMm = 0; ///< 0: no rule
    QString font;
    int fontPt = 0;
    QString source; ///< where the numbers come from
};

/// All of them, by name.
const std::vector<Venue>& venues();
/// Error: no such venue; names those there are.
Expected<const Venue*> findVenue(const std::string& name);

enum class Span
{
    Column,
    Full
};
/// Width, family and size of the text; height and dpi stay.
void applyVenue(const Venue& venue, Span span, PageSpec& page);

}
