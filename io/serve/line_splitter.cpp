// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/serve/line_splitter.h"

namespace expertscope {

std::optional<LineSplitter::Line> LineSplitter::next()
{
    for (;;) {
        const std::size_t end = m_waiting.find('\n', m_looked);
        const std::size_t length = end == std::string::npos ? m_waiting.size() : end;
        if (m_skipping) {
            m_looked = 0;
            if (end == std::string::npos) {
                m_waiting.clear();
                return std::nullopt;
            }
            m_waiting.erase(0, end + 1);
            m_skipping = false;
            continue;
        }
        if (length > m_mostBytes) {
            m_skipping = true;
            return Line{{}, true};
        }
        if (end == std::string::npos) {
            m_looked = m_waiting.size();
            return std::nullopt;
        }
        Line line{m_waiting.substr(0, end), false};
        m_waiting.erase(0, end + 1);
        m_looked = 0;
        if (line.text.ends_with('\r'))
            line.text.pop_back();
        return line;
    }
}

std::optional<LineSplitter::Line> LineSplitter::rest()
{
    if (m_skipping || m_waiting.empty())
        return std::nullopt;
    Line line{std::move(m_waiting), false};
    m_waiting.clear();
    m_looked = 0;
    return line;
}

}
