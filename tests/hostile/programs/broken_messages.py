from IPython import get_ipython

kernel = get_ipython().kernel
for content in ({}, {"data": None}, {"data": {"text/plain": [[]]}, "metadata": 7}, {"name": 1, "text": None}):
    for kind in ("display_data", "stream", "error", "execute_result", "clear_output"):
        kernel.session.send(kernel.iopub_socket, kind, content, parent=kernel.get_parent())
print("held: sent")
