// SPDX-License-Identifier: GPL-3.0-or-later
//
// A command line as a shell takes it: "Copy as command line" of all views.
#pragma once

#include "analysis/study/study.h"

#include <QStringList>

#include <string>

namespace expertscope {

class CommandWords
{
public:
    void add(const std::string& word);
    void option(const std::string& name, const std::string& value);
    /// Which tokens. `unsaid`: what of them has no option, in words.
    void scope(const Scope& scope, const RoutingShape& shape, QStringList& unsaid);
    const std::string& text() const { return m_text; }

private:
    std::string m_text;
};

}
