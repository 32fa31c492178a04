# The course for one person or for a hub: JupyterLab with every chapter as a notebook, from the lock. classroom/jupyterhub/README.md says
# what of this was tried. What goes into the image is listed in .dockerignore: no assignment, no solution, no secret of a class.
#
#   docker build -t learnscape .
#   docker run --rm -p 8888:8888 -v learnscape:/home/learner/learnscape learnscape jupyter lab --ip=0.0.0.0
FROM python:3.11-slim-bookworm

# What is in /opt belongs to the student's account, because Numba uses compiled code only where it may write. Each student has a container.
# A new volume takes the owner of the folder that it is mounted on.
RUN useradd --create-home --uid 1000 learner \
    && install --directory --owner=learner --group=learner /opt/learnscape /opt/learnscape/source /home/learner/learnscape
USER learner
WORKDIR /opt/learnscape/source

# Kernels compiled here are found on every processor of this kind; one thread for linear algebra, as in the Makefile.
ENV PATH=/opt/learnscape/bin:$PATH \
    NUMBA_CPU_NAME=generic \
    NUMBA_CPU_FEATURES= \
    OPENBLAS_NUM_THREADS=1

# The hub and its servers want the same version: docker build --build-arg JUPYTERHUB=5.5.4 ...
ARG JUPYTERHUB=6.1.1
COPY --chown=learner:learner requirements.txt ./
RUN python -m venv /opt/learnscape \
    && pip install --no-cache-dir -r requirements.txt \
    && pip install --no-cache-dir -c requirements.txt "jupyterhub==$JUPYTERHUB"

COPY --chown=learner:learner . ./
RUN pip install --no-cache-dir --no-deps --no-build-isolation . \
    && python _ext/lab_settings.py \
    && python -m learnscape.warm

EXPOSE 8888
ENTRYPOINT ["/opt/learnscape/source/classroom/jupyterhub/start"]
CMD ["jupyterhub-singleuser"]
