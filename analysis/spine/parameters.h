// SPDX-License-Identifier: GPL-3.0-or-later
//
// Parameters of metrics: declared once with a default and a range, checked before a pass, then simply asked for.
#pragma once

#include "io/base/error.h"

#include <map>
#include <string>
#include <vector>

namespace expertscope {

/// What a metric declares. Lists are written with '/': "4/16/64".
struct ParameterSpec
{
    enum class Kind
    {
        Number, ///< one number from `least` to `most`
        Numbers, ///< a list of them
        Text, ///< any text, maybe empty
        Choices ///< a list of words out of `choices`
    };
    std::string name;
    std::string standard; ///< default value, as a user would write it
    std::string meaning; ///< a few words
    Kind kind = Kind::Number;
    double least = 0, most = 1e9;
    bool whole = false; ///< numbers must be integers
    std::vector<std::string> choices = {};
};

/// Checked values by name. Asking for a name that was not declared is a programmer's error.
class Parameters
{
public:
    /// Defaults, overridden by `given`. Errors: unknown name, not a number, out of range, no such choice.
    static Expected<Parameters> check(
        const std::vector<ParameterSpec>& specs, const std::map<std::string, std::string>& given);

    double number(const std::string& name) const;
    std::vector<double> numbers(const std::string& name) const;
    const std::string& text(const std::string& name) const;
    std::vector<std::string> choices(const std::string& name) const;
    const std::map<std::string, std::string>& all() const { return m_values; }

private:
    std::map<std::string, std::string> m_values;
};

}
