// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/what_if/named_params.h"

namespace expertscope {

std::vector<std::string> splitAt(const std::string& text, char separator)
{
    std::vector<std::string> list(1);
    for (const char c : text) {
        if (c == separator)
            list.emplace_back();
        else
            list.back() += c;
    }
    return list;
}

Expected<std::vector<NamedParams>> parseNamed(const std::string& text, const char* option, const char* hint)
{
    std::vector<NamedParams> all;
    for (const std::string& part : splitAt(text, ',')) {
        const auto colon = part.find(':'), equals = part.find('=');
        std::string param;
        if (equals != std::string::npos && colon == std::string::npos && !all.empty()) {
            param = part;
        } else {
            all.push_back({part.substr(0, colon), {}});
            if (colon == std::string::npos)
                continue;
            param = part.substr(colon + 1);
        }
        const auto at = param.find('=');
        if (at == std::string::npos || at == 0)
            return fail("'" + param + "' in '" + text + "' is no KEY=VALUE", option, hint);
        if (!all.back().params.emplace(param.substr(0, at), param.substr(at + 1)).second)
            return fail("parameter '" + param.substr(0, at) + "' is named twice", option);
    }
    return all;
}

std::string namedText(const std::string& name, const std::map<std::string, std::string>& params)
{
    std::string text = name;
    char separator = ':';
    for (const auto& [key, value] : params) {
        text += separator + key + '=' + value;
        separator = ',';
    }
    return text;
}

}
