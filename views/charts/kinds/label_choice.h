// SPDX-License-Identifier: GPL-3.0-or-later
//
// Charts that go by a label of the sequences: the option that names it.
#pragma once

#include "views/charts/chart.h"

namespace expertscope {

ChartOption labelOption();

/// A label of more values tells sequences apart, not kinds of them.
inline constexpr std::size_t kFewValues = 64;

/// Whether values of the label meet: in all sequences, or, with `pair`, in those that share a value of that label.
bool valuesMeet(const Label& label, const Label* pair = nullptr);

/// The label that is named, else the first one with two values or more that are few enough to be drawn side by side
/// (or, without one, the first with two); with `pair`, the name of a label, one whose values differ among sequences
/// that share a value of that. Errors: no such label; none has two values. The label lives in the study.
Expected<const Label*> chosenLabel(const Study& study, const ChartQuestion& question, const std::string& pair = {});

}
