// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "analysis/results/remark_sentences.h"
#include "analysis/results/remarks.h"
#include "views/panels/card_panel.h"

class QComboBox;
class QTimer;

namespace expertscope {

/// What `analyze` says first of the tokens that the filters leave, each fact a link to what it is about.
class RemarksPanel final : public CardPanel
{
    Q_OBJECT
public:
    explicit RemarksPanel(Session& session, QWidget* parent = nullptr);

    struct Fact
    {
        results::RemarkSentence sentence;
        CardLink link;
    };
    struct Page
    {
        results::RemarkPage page; ///< as the command line has it
        std::vector<Fact> facts;
    };
    const Page& page() const { return m_page; }
    bool stop() override;
    QByteArray csv() const override;

private:
    void request() override;
    bool pending() const override;
    void compute();
    Card write() const override;
    void fillLabels();

    QComboBox* m_by = nullptr;
    QTimer* m_later = nullptr;
    Page m_page;
};

}
