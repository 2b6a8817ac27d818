// SPDX-License-Identifier: GPL-3.0-or-later
//
// Numbers to read: the same number of decimals for a whole column.
#pragma once

#include <optional>
#include <string>

namespace expertscope::results {

/// A number with about four significant digits: `largest` is the column's largest magnitude, `integers` that it has no
/// fractions.
std::string formatNumber(double value, double largest, bool integers);

/// How the numbers of a column are written. add() them all, then format each.
class NumberScale
{
public:
    void add(const std::optional<double>& value);
    /// Expectations do not decide whether a column is one of integers.
    void addUniform(const std::optional<double>& value);
    std::string format(double value) const { return formatNumber(value, m_largest, m_integers); }
    /// "(0.125)". Expectations of counts have fractions; those next to nothing are 0 to a reader.
    std::string formatUniform(double value) const;
    /// "[0.1, 0.2]"
    std::string formatInterval(double low, double high) const;

private:
    double m_largest = 0;
    bool m_integers = true;
};

}
