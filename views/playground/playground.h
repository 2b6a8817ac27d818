// SPDX-License-Identifier: GPL-3.0-or-later
//
// A prompt that is typed, and what a model's routers do with it, while it is typed.
#pragma once

#include "views/live/capture_run.h"
#include "views/live/serve_client.h"

#include <QJsonObject>
#include <QWidget>

class QComboBox;
class QLabel;
class QListWidget;
class QPlainTextEdit;
class QPushButton;
class QSplitter;
class QStackedWidget;
class QTableView;
class QTimer;

namespace expertscope {

class ElidedLabel;
class RoutingTableModel;

class Playground final : public QWidget
{
    Q_OBJECT
public:
    explicit Playground(QWidget* parent = nullptr, const QString& program = captureProgram());
    ~Playground() override;

    enum class Page
    {
        Empty, ///< nothing typed, or the model is being loaded
        Routing,
        Error ///< the model cannot be asked
    };
    Page page() const;
    QString stateText() const; ///< of Empty and Error
    QString statusText() const; ///< the line over the table

    ServeClient& client() { return m_client; }
    RoutingTableModel& model() { return *m_model; }
    QPlainTextEdit* editor() const { return m_editor; }
    QListWidget* keptList() const { return m_kept; }

    void setPrompt(const QString& text); ///< asked at once
    void keep(); ///< the prompt that is shown, in the list
    void openAsTrace(); ///< captures the kept prompts and the one that is shown
    bool stop(); ///< what is asked or captured; false: nothing is

    QString readout() const { return m_readout; }
    QByteArray csv() const;
    QJsonObject state() const; ///< model and prompts
    void restore(const QJsonObject& state);

    QSize minimumSizeHint() const override { return {260, 160}; }

signals:
    void contentChanged();
    void readoutChanged();
    void traceWritten(const QString& path);

protected:
    void showEvent(QShowEvent* event) override;

private:
    QWidget* headRow();
    QWidget* promptRow();
    QWidget* tablePages();
    void fillModels();
    void chooseModel();
    void useModel(const QString& folder);
    void ask();
    void take(const ServedPromptPtr& prompt);
    void refuse(const Error& error);
    void updateState();
    void showDifference();
    void compare(); ///< with what is chosen in the list, or the answer before
    void captureEnded();
    void addKept(const QString& text, const ServedPromptPtr& answer);
    void say(const QString& text, bool error = false);

    ServeClient m_client;
    CaptureRun m_capture;
    ServedPromptPtr m_shown, m_previous;
    QString m_folder; ///< of the model
    QString m_readout;
    QString m_fetching; ///< a kept prompt that is asked about, only to compare with it
    QTimer* m_pause = nullptr; ///< between edits
    QTimer* m_patience = nullptr; ///< says how long it takes
    QComboBox* m_models = nullptr;
    ElidedLabel* m_status = nullptr;
    QPlainTextEdit* m_editor = nullptr;
    QListWidget* m_kept = nullptr;
    QPushButton *m_keep = nullptr, *m_open = nullptr;
    QSplitter* m_split = nullptr;
    QStackedWidget* m_pages = nullptr;
    QLabel *m_empty = nullptr, *m_error = nullptr;
    QTableView* m_table = nullptr;
    RoutingTableModel* m_model = nullptr;
};

}
