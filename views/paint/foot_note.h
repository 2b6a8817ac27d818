// SPDX-License-Identifier: GPL-3.0-or-later
//
// The line under a picture: what crosses in its cells mean and how many there are, and what is not drawn. Includes
// qcustomplot.h: for .cpp files of views/paint only.
#pragma once

#include "views/paint/picture.h"
#include "views/paint/style.h"

#include <qcustomplot.h>

namespace expertscope {

class FootNote final : public QCPLayoutElement
{
public:
    explicit FootNote(QCustomPlot& plot);

    void show(const Picture& picture);
    void restyle(const Style& style);
    /// Takes as many lines as it needs. `crosses`: cells have room for them; else they are filled. `unseen`: what does
    /// not fit at this size.
    void arrange(const QSizeF& page, bool crosses, const QStringList& unseen);
    QStringList texts() const { return {m_marks, m_note}; }

protected:
    void draw(QCPPainter* painter) override;

private:
    Style m_style;
    QString m_marks, m_note, m_lines;
    bool m_crosses = true;
};

}
