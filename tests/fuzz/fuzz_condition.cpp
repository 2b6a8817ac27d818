// SPDX-License-Identifier: GPL-3.0-or-later
//
// Any bytes as a condition of --where: what is one prints as one that means the same; what is none is said in one line.
#include "analysis/study/condition.h"

#include <cstdlib>

using namespace expertscope;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const auto condition = parseCondition(std::string(reinterpret_cast<const char*>(data), size));
    if (!condition) {
        const std::string message = condition.error().message();
        if (message.empty() || message.find('\n') != std::string::npos)
            std::abort();
        return 0;
    }
    const std::string text = conditionText(condition->filter, condition->keep);
    const auto again = parseCondition(text);
    if (!again || *again != *condition || conditionText(again->filter, again->keep) != text)
        std::abort();
    return 0;
}
