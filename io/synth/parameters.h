// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a kind of synthetic trace can be asked for: declared once, for the command line, the errors and the provenance.
#pragma once

#include "io/base/error.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace expertscope {

/// One parameter of a kind; on the command line `--name VALUE`.
struct SynthParameter
{
    enum class Type
    {
        Count, ///< whole number; 100000000, 1e8 and 100M are the same
        Number,
        Flag ///< off unless given
    };
    std::string name; ///< "top-k"
    std::string help;
    std::string otherwise; ///< its value when it is not given, as text
    double least = 0, most = 1; ///< both allowed
    Type type = Type::Count;
};

/// The values of all parameters of a kind, each of its type and within its limits.
class SynthValues
{
public:
    /// `given`: name -> text. Names the first value that will not do.
    static Expected<SynthValues> resolve(
        const std::vector<SynthParameter>& parameters, const std::map<std::string, std::string>& given);

    /// Of a declared parameter.
    std::uint64_t count(const std::string& name) const { return m_counts.at(name); }
    double number(const std::string& name) const { return m_numbers.at(name); }
    bool flag(const std::string& name) const { return m_counts.at(name) != 0; }

    /// All of them as text, for the provenance of the trace.
    const std::map<std::string, std::string>& texts() const { return m_texts; }

private:
    std::map<std::string, std::uint64_t> m_counts;
    std::map<std::string, double> m_numbers;
    std::map<std::string, std::string> m_texts;
};

}
